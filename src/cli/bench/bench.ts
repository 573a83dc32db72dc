import { safeJson } from '../../protocol/unprintable';
import { ExitCode } from '../exit-codes';
import { interruption } from '../interruption';
import { note } from '../note';
import { Output } from '../output';
import { webSocketUrl } from '../values';
import { total } from './counts';
import { type BenchFlags, connectOptionsOf, resolveBenchOptions } from './options';
import { progressOn } from './progress';
import { formatReport } from './report';
import type { BenchResult } from './result';
import { runBench } from './run';

/**
 * `switchboard bench`: measures, and prints the report; with `--json` nothing but one object, a `BenchResult`, on one line.
 *
 * @throws whatever keeps the first connection from being opened, an interruption among it: then there is nothing to report
 */
export async function bench(url: string, flags: BenchFlags): Promise<void> {
  const options = resolveBenchOptions(flags);
  const connect = await connectOptionsOf(flags, options);
  const interrupted = interruption();
  interrupted.addEventListener('abort', () =>
    note('Ending, and waiting for the last answers; Ctrl-C once more ends at once.'),
  );
  const phases = progressOn(process.stderr);
  const result = await runBench(options, { url: webSocketUrl(url), connect, phases, interrupted });
  await new Output().write(`${flags.json ? safeJson(result) : formatReport(result)}\n`);
  process.exitCode = exitCodeFor(result);
}

/** The worst that happened. */
function exitCodeFor({ ended, connections, messages }: BenchResult): ExitCode {
  if (ended === 'interrupted') return ExitCode.Interrupted;
  if (ended === 'lost' || total(connections.lost) > 0) return ExitCode.ConnectionLost;
  if (total(connections.failed) > 0) return ExitCode.NotConnected;
  if (messages !== null && messages.wrong + messages.missing > 0) return ExitCode.Unmet;
  return ExitCode.Ok;
}
