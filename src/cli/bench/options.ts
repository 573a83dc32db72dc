import type { ConnectOptions } from '../../client/options';
import { type ConnectFlags, toConnectOptions } from '../connect-options';
import { usageFailure } from '../failure';

/**
 * What is done on each connection.
 *
 * - `echo`: a message is answered with the same message
 * - `answer`: a message is answered with one message, whatever it says, in the order of the messages
 * - `send`: messages are sent, as fast as they are taken
 * - `receive`: messages are received
 * - `connect`: nothing: it is opened, closed, and opened again
 */
export const modes = ['echo', 'answer', 'send', 'receive', 'connect'] as const;

export type Mode = (typeof modes)[number];

/** The options of `bench`, as the parser gives them. Durations are in milliseconds. */
export interface BenchFlags extends ConnectFlags {
  mode: Mode;
  connections: number;
  inFlight?: number;
  rate?: number;
  size?: number;
  message?: string;
  binary?: true;
  first?: string;
  duration: number;
  /** False for `--no-warmup`. */
  warmup: number | false;
  ramp?: number;
  opening?: number;
  grace: number;
  json?: true;
}

/** Options that have been checked. Durations are in milliseconds. */
export interface BenchOptions {
  readonly mode: Mode;
  readonly connections: number;
  /** Messages of each connection that have no answer yet; null where a timetable says when the next is sent. */
  readonly inFlight: number | null;
  /** Messages per second, of all connections together; null where each answer pays for the next message. */
  readonly rate: number | null;
  /** Bytes of a message. */
  readonly size: number;
  /** What is sent instead of numbered messages. */
  readonly message: string | undefined;
  readonly binary: boolean;
  /** What is sent once on each connection, before everything else. */
  readonly first: string | undefined;
  readonly duration: number;
  /** 0 for none. */
  readonly warmup: number;
  /** How long opening takes, with as much time between two connections; null where `opening` counts. */
  readonly ramp: number | null;
  /** How many opening handshakes are under way at once. */
  readonly opening: number;
  /** How long answers are waited for when nothing more is sent. */
  readonly grace: number;
}

const defaults = { inFlight: 1, size: 32, opening: 64 };

/** Which options say nothing where, and why. */
const pointless: ReadonlyArray<readonly [option: keyof BenchFlags, modes: readonly Mode[], why: string]> = [
  ['inFlight', ['send', 'receive', 'connect'], 'no message waits for an answer'],
  ['rate', ['receive', 'connect'], 'no message is sent'],
  ['size', ['receive', 'connect'], 'no message is sent'],
  ['message', ['receive', 'connect'], 'no message is sent'],
  ['binary', ['receive', 'connect'], 'no message is sent'],
  ['first', ['connect'], 'no message is sent'],
  ['ramp', ['connect'], '--connections are opened all the time'],
  ['opening', ['connect'], '--connections are opened all the time'],
];

/**
 * Fills in what is not given.
 *
 * @throws Failure for options that contradict each other
 */
export function resolveBenchOptions(flags: BenchFlags): BenchOptions {
  const { mode, rate = null, message, ramp = null } = flags;
  for (const [option, where, why] of pointless) {
    if (flags[option] === undefined || !where.includes(mode)) continue;
    throw usageFailure(`${nameOf(option)} has no meaning with --mode ${mode}: ${why}.`);
  }
  if (message === '') throw usageFailure('--message must not be empty.');
  return {
    mode,
    connections: flags.connections,
    inFlight: rate === null && (mode === 'echo' || mode === 'answer') ? (flags.inFlight ?? defaults.inFlight) : null,
    rate,
    size: message === undefined ? (flags.size ?? defaults.size) : Buffer.byteLength(message),
    message,
    binary: flags.binary ?? false,
    first: flags.first,
    duration: flags.duration,
    warmup: flags.warmup || 0,
    ramp,
    opening: flags.opening ?? defaults.opening,
    grace: flags.grace,
  };
}

function nameOf(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const MiB = 1024 * 1024;

/** What all connections together may have waiting to be sent, where a server does not read. */
const waiting = 512 * MiB;

/** What `connect()` gets: room for the messages in flight, and a short closing handshake. */
export async function connectOptionsOf(flags: BenchFlags, options: BenchOptions): Promise<ConnectOptions> {
  const { connections, inFlight, size } = options;
  const share = Math.floor(waiting / connections);
  return {
    maxMessageSize: Math.max(MiB, size),
    maxBufferedAmount: Math.max(MiB, share, (inFlight ?? 1) * (size + 16)),
    closeTimeout: 2_000,
    ...(await toConnectOptions(flags)),
  };
}
