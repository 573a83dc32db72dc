import type { Counts } from './counts';
import type { GeneratorUse } from './generator-use';
import type { LatencySummary } from './latencies';
import type { BenchOptions, Mode } from './options';
import type { BenchSetting } from './setting';

/** What `switchboard bench` found out: what `--json` prints. Durations are in milliseconds, sizes in bytes. */
export interface BenchResult {
  /** Without user and password. */
  url: string;
  mode: Mode;
  /** What was asked for. */
  options: {
    connections: number;
    /** Of each connection; null on a timetable, and where nothing is answered. */
    inFlight: number | null;
    /** Messages per second of all connections, by a timetable; null where answers pay for the next message. */
    rate: number | null;
    /** Of a message; null where none is sent. */
    size: number | null;
    binary: boolean;
    duration: number;
    warmup: number;
  };
  /** `interrupted`: by Ctrl-C. `lost`: no connection was left. */
  ended: 'complete' | 'interrupted' | 'lost';
  /** How long was measured: `options.duration`, or less where it ended early. The warm-up is not in it. */
  measured: number;
  connections: {
    opened: number;
    /** Those that could not be opened, by why: `ECONNRESET`, `HTTP_401`, `HANDSHAKE_TIMEOUT`, … */
    failed: Counts;
    /** Those that ended before we closed them, by close code: 1006 where there was none. */
    lost: Counts;
    /** The errors behind those that were lost, by code. */
    errors: Counts;
    /** Opened per second: of `measured` in mode `connect`, otherwise of the time that opening took. */
    perSecond: number;
    /** From the call to the open connection: name, TCP, TLS, opening handshake. In mode `connect` of the measured time only. */
    latency: LatencySummary | null;
    /** Of the first connection. */
    httpVersion: '1.1' | '2.0';
    /** Of the first connection: the agreed extensions, or an empty string. */
    extensions: string;
  };
  /** Null in mode `connect`. */
  messages: {
    /** Those that were on the way when measuring began are among them, as are their answers. */
    sent: number;
    /** Right answers to them, also those that came during `--grace`; in mode `receive` messages that came. */
    answered: number;
    /** Those of `answered` that came after the measured time. */
    late: number;
    /** Messages that were sent and never answered, also not wrongly. 0 in modes without answers. */
    missing: number;
    /** Messages that came and were no answer to anything, from the first message on. */
    wrong: number;
    /** The beginning of the first of these, control characters escaped. */
    firstWrong: string | null;
    /** Right answers that came before those to older messages, from the first message on. */
    outOfOrder: number;
    /** Right answers that came in the measured time, per second of it; of messages sent in mode `send`. */
    perSecond: number;
    /** The payload of these, in one direction. */
    bytesPerSecond: number;
    /** From `send()` to the answer; on a timetable from the time that the message was due. */
    latency: LatencySummary | null;
  } | null;
  /** This program, in the measured time. */
  generator: GeneratorUse & {
    /** On a timetable: how much later than due messages were handed over. */
    lateness: LatencySummary | null;
    /** The server may be faster than this says. */
    isBottleneck: boolean;
  };
}

/** What is known of every run. */
export function headOf(
  options: BenchOptions,
  { url, interrupted }: Pick<BenchSetting, 'url' | 'interrupted'>,
  lost: AbortSignal,
): Pick<BenchResult, 'url' | 'mode' | 'options' | 'ended'> {
  const { mode, connections, inFlight, rate, size, binary, duration, warmup } = options;
  const sends = mode !== 'receive' && mode !== 'connect';
  return {
    url: withoutCredentials(url),
    mode,
    options: { connections, inFlight, rate, size: sends ? size : null, binary, duration, warmup },
    ended: interrupted.aborted ? 'interrupted' : lost.aborted ? 'lost' : 'complete',
  };
}

/** Results are kept and shown around. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z0-9+.-]+:\/\/)[^/?#]*@/i, '$1');
}
