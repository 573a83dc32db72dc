import { ExitCode } from '../exit-codes';
import { Output } from '../output';
import { safeJson } from '../printable';
import { webSocketUrl } from '../values';
import { type BenchFlags, connectOptionsOf, resolveBenchOptions } from './options';
import { progressOn } from './progress';
import { formatReport } from './report';
import type { BenchResult } from './result';
import { runBench } from './run';
import { total } from './tally';

/**
 * `switchboard bench`: measures, and prints the report; with `--json` nothing but one object, a `BenchResult`, on one line.
 *
 * @throws whatever keeps the first connection from being opened
 */
export async function bench(url: string, flags: BenchFlags): Promise<void> {
  const options = resolveBenchOptions(flags);
  const connect = await connectOptionsOf(flags, options);
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(ExitCode.Interrupted);
    interruption.abort();
    process.stderr.write('Ending, and waiting for the last answers. Ctrl-C once more ends at once.\n');
  };
  process.on('SIGINT', interrupt);
  try {
    const phases = progressOn(process.stderr);
    const result = await runBench(options, {
      url: webSocketUrl(url),
      connect,
      phases,
      interrupted: interruption.signal,
    });
    await new Output().write(`${flags.json ? safeJson(result) : formatReport(result)}\n`);
    process.exitCode = exitCodeFor(result);
  } catch (error) {
    // Before the first connection was open there is nothing to report.
    if (error !== interruption.signal.reason) throw error;
    process.exitCode = ExitCode.Interrupted;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** The worst that happened. */
function exitCodeFor({ ended, connections, messages }: BenchResult): ExitCode {
  if (ended === 'interrupted') return ExitCode.Interrupted;
  if (ended === 'lost' || total(connections.lost) > 0) return ExitCode.ConnectionLost;
  if (total(connections.failed) > 0) return ExitCode.NotConnected;
  if (messages !== null && messages.wrong + messages.missing > 0) return ExitCode.Unmet;
  return ExitCode.Ok;
}
