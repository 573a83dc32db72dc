import { totalmem } from 'node:os';
import type { Counters } from '../diagnostics/counters';
import { InvalidOptionError } from '../protocol/errors';
import type { MessageExtension } from '../protocol/extension';
import { checkInteger, checkMilliseconds, describe, refuseUnknownOptions } from '../protocol/options';
import type { Role } from '../protocol/role';
import { type RateLimit, type ResolvedRate, resolveRate } from './token-bucket';

/** The limits and deadlines of a connection. All are finite; none has to be given. */
export interface ConnectionOptions {
  /**
   * Bytes of one message's payload. A larger one is refused from its header, with 1009, unless `pieces()` reads it; so is
   * text longer than the longest string that JavaScript can have (512 MiB). Default 1 MiB.
   */
  maxMessageSize: number;
  /**
   * Frames that one message may come in, empty ones counted. Fragments are appended to the message's one buffer and cost
   * no object, so that the limit can be generous. Default 131,072.
   */
  maxFragments: number;
  /** `send()` returns false while more bytes than this wait to be sent. Default 64 KiB. */
  highWaterMark: number;
  /** `'drain'` and `drained()` come when no more bytes than this wait. Default 16 KiB. */
  lowWaterMark: number;
  /** A peer that leaves more bytes than this unread is a slow consumer. Default 1 MiB. */
  maxBufferedAmount: number;
  /** What happens to a slow consumer. `'close'`: it is closed with 1008. The default, and the only policy so far. */
  slowConsumer: 'close';
  /** Milliseconds that the closing handshake may take before the transport is cut. Default 10,000. */
  closeTimeout: number;
  /** Milliseconds between two pings, or false for none. Default 30,000. */
  pingInterval: number | false;
  /** Milliseconds after a ping in which something must be heard, or the peer counts as gone. Default 10,000. */
  pongTimeout: number;
  /** Pings that are answered one by one while answers wait to be sent; beyond it only the latest is. Default 16. */
  maxPendingPongs: number;
  /**
   * Messages that the peer may send: a number per second, or `{ rate, burst }`. One that is read by `pieces()` counts when it
   * ends. While this side does not read, the peer's allowance grows all the same: it may have sent what then comes at once.
   * Default false, no limit.
   */
  maxMessagesPerSecond: number | RateLimit | false;
  /**
   * Bytes that the peer may send: a number per second, or `{ rate, burst }`. They count as they are read, frame headers and
   * control frames included, so that a large message is limited while it comes; and compressed messages count once more with
   * what they are inflated to. Default false, no limit.
   */
  maxBytesPerSecond: number | RateLimit | false;
  /**
   * Pings, and pongs that answer no ping of ours, that the peer may send: a number per second, or `{ rate, burst }`, or false
   * for no limit. Default 100 per second, 1,000 at once.
   */
  maxControlFramesPerSecond: number | RateLimit | false;
  /**
   * What happens to a peer that sends faster than it may. `'close'`: it is closed with 1008 (`MESSAGE_RATE`, `BYTE_RATE` or
   * `CONTROL_RATE`). `'delay'`: what was too much is taken, and nothing more is read until it is paid for; so the peer waits,
   * its pings and its close frame too, and nothing is lost. One read, which is at most 256 KiB, may be taken in advance. The
   * heartbeat lets those be that wait for us. Default `'close'`.
   */
  onRateLimit: 'close' | 'delay';
  /**
   * Milliseconds after the opening handshake in which the first message must have come, or the connection is closed with 1008
   * (`FIRST_MESSAGE_TIMEOUT`); of one that is read by `pieces()`, its first piece. Default false, as long as it likes.
   */
  firstMessageTimeout: number | false;
  /**
   * Bytes of all messages of the process together, clients' and servers', that have begun and not come to their end: the
   * memory that they are collected in. A message that would take it further fails its connection with 1013
   * (`INCOMPLETE_BYTES`), but never one of 64 KiB or less. What is read by `pieces()` is not collected. Default a quarter of
   * the memory that the process may have.
   */
  maxIncompleteBytes: number;
  /** Milliseconds before `expiresAt` in which `'expiring'` is emitted; false for never. Default 30,000. */
  expiryWarning: number | false;
}

/** Options with nothing left open: rates have their burst. */
export type ResolvedConnectionOptions = Readonly<
  Omit<ConnectionOptions, RateName> & Record<RateName, ResolvedRate | false>
>;

/** The options that are rates. */
export type RateName = (typeof rateNames)[number];

const rateNames = ['maxMessagesPerSecond', 'maxBytesPerSecond', 'maxControlFramesPerSecond'] as const;

/** What a connection is made of; the opening handshake is over by then. */
export interface ConnectionInit {
  role: Role;
  options: ResolvedConnectionOptions;
  /** Bytes that came behind the handshake. */
  head?: Uint8Array;
  /** The agreed extension. */
  extension?: MessageExtension | null;
  /** Where it is counted. */
  counters?: Counters;
}

export const connectionDefaults: ResolvedConnectionOptions = Object.freeze({
  maxMessageSize: 1024 * 1024,
  maxFragments: 131_072,
  highWaterMark: 64 * 1024,
  lowWaterMark: 16 * 1024,
  maxBufferedAmount: 1024 * 1024,
  slowConsumer: 'close',
  closeTimeout: 10_000,
  pingInterval: 30_000,
  pongTimeout: 10_000,
  maxPendingPongs: 16,
  maxMessagesPerSecond: false,
  maxBytesPerSecond: false,
  maxControlFramesPerSecond: Object.freeze({ rate: 100, burst: 1000 }),
  onRateLimit: 'close',
  firstMessageTimeout: false,
  maxIncompleteBytes: Math.floor(ownMemory() / 4),
  expiryWarning: 30_000,
});

export const connectionOptionNames = Object.keys(connectionDefaults) as ReadonlyArray<keyof ConnectionOptions>;

/** The options of a connection among others. */
export function pickConnectionOptions(given: Partial<ConnectionOptions>): Partial<ConnectionOptions> {
  const picked: Partial<ConnectionOptions> = {};
  for (const name of connectionOptionNames) Object.assign(picked, { [name]: given[name] });
  return picked;
}

/**
 * Fills in what is not given, and checks values and how they go together.
 *
 * @param where the call that took the options, for the error message
 * @param base what counts where an option is not given: by default the defaults
 * @throws InvalidOptionError
 */
export function resolveConnectionOptions(
  where: string,
  given: Partial<ConnectionOptions>,
  base: ResolvedConnectionOptions = connectionDefaults,
): ResolvedConnectionOptions {
  refuseUnknownOptions(where, given, connectionOptionNames);
  const options: ConnectionOptions = { ...base };
  for (const name of connectionOptionNames) {
    if (given[name] !== undefined) Object.assign(options, { [name]: given[name] });
  }
  checkInteger('maxMessageSize', options.maxMessageSize, { min: 1, max: 2 ** 31 - 1 });
  checkInteger('maxFragments', options.maxFragments, { min: 1 });
  checkInteger('highWaterMark', options.highWaterMark, { min: 1 });
  checkInteger('lowWaterMark', options.lowWaterMark, { min: 0 });
  checkInteger('maxBufferedAmount', options.maxBufferedAmount, { min: 1 });
  checkInteger('maxPendingPongs', options.maxPendingPongs, { min: 1 });
  checkMilliseconds('closeTimeout', options.closeTimeout);
  checkMilliseconds('pingInterval', options.pingInterval, { allowFalse: true });
  checkMilliseconds('pongTimeout', options.pongTimeout);
  checkMilliseconds('firstMessageTimeout', options.firstMessageTimeout, { allowFalse: true });
  checkInteger('maxIncompleteBytes', options.maxIncompleteBytes, { min: 1 });
  checkMilliseconds('expiryWarning', options.expiryWarning, { allowFalse: true });
  if (options.onRateLimit !== 'close' && options.onRateLimit !== 'delay') {
    throw new InvalidOptionError(
      `Option 'onRateLimit' must be 'close' or 'delay', not ${describe(options.onRateLimit)}`,
    );
  }
  if (options.slowConsumer !== 'close') {
    throw new InvalidOptionError(
      `Option 'slowConsumer' must be 'close', not ${describe(options.slowConsumer)}; ` +
        "for rooms, give it to new Hub({ slowConsumer: 'drop-newest' }) or rooms({ … })",
    );
  }
  refuseAbove(options, 'lowWaterMark', 'highWaterMark');
  refuseAbove(options, 'highWaterMark', 'maxBufferedAmount');
  return Object.freeze({ ...options, ...resolveRates(options) });
}

function resolveRates(options: Pick<ConnectionOptions, RateName>): Record<RateName, ResolvedRate | false> {
  const rates = rateNames.map((name) => [name, options[name] === false ? false : resolveRate(name, options[name])]);
  return Object.fromEntries(rates);
}

/** Bytes of memory that this process may have: a container may allow less than there is. */
function ownMemory(): number {
  return Math.min(process.constrainedMemory?.() || Number.POSITIVE_INFINITY, totalmem());
}

function refuseAbove(
  options: ConnectionOptions,
  lower: 'lowWaterMark' | 'highWaterMark',
  higher: 'highWaterMark' | 'maxBufferedAmount',
): void {
  if (options[lower] <= options[higher]) return;
  throw new InvalidOptionError(
    `Option '${lower}' (${options[lower]}) must not be above option '${higher}' (${options[higher]})`,
  );
}
