import { InvalidOptionError } from '../protocol/errors';
import type { MessageExtension } from '../protocol/extension';
import { checkInteger, checkMilliseconds, describe, refuseUnknownOptions } from '../protocol/options';
import type { Role } from '../protocol/role';

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
}

/** What a connection is made of; the opening handshake is over by then. */
export interface ConnectionInit {
  role: Role;
  options: Readonly<ConnectionOptions>;
  /** Bytes that came behind the handshake. */
  head?: Uint8Array;
  /** The agreed extension. */
  extension?: MessageExtension | null;
}

export const connectionDefaults: Readonly<ConnectionOptions> = Object.freeze({
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
  base: Readonly<ConnectionOptions> = connectionDefaults,
): Readonly<ConnectionOptions> {
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
  if (options.slowConsumer !== 'close') {
    throw new InvalidOptionError(`Option 'slowConsumer' must be 'close', not ${describe(options.slowConsumer)}`);
  }
  refuseAbove(options, 'lowWaterMark', 'highWaterMark');
  refuseAbove(options, 'highWaterMark', 'maxBufferedAmount');
  return Object.freeze(options);
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
