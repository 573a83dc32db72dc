import { InvalidOptionError } from '../protocol/errors';
import { checkInteger } from '../protocol/options';

/**
 * How many may be there at a time. An address is what Express calls `req.ip`: behind a proxy, set `'trust proxy'`, or all
 * clients have the proxy's address. IPv6 addresses of one /64 count as one. Who comes over a Unix socket has no address,
 * unless a trusted proxy reports one, and is not counted by it.
 */
export interface AdmissionOptions {
  /**
   * Connections that may be open at a time, those included that are being accepted. One more is refused with 503
   * `TOO_MANY_CONNECTIONS`, before any middleware runs.
   * @default false: no limit
   */
  maxConnections?: number | false;
  /**
   * The same for connections from one address. One more is refused with 429 `TOO_MANY_CONNECTIONS_FROM_ADDRESS`, before any
   * middleware runs.
   * @default false: no limit
   */
  maxConnectionsPerAddress?: number | false;
  /**
   * The same for connections of one user, as `identify` knows them, which it needs. One more is refused with 429
   * `TOO_MANY_CONNECTIONS_OF_USER`, when the middleware has run. A later change of `socket.user` is not looked at.
   * @default false: no limit
   */
  maxConnectionsPerUser?: number | false;
  /**
   * Upgrade requests that may wait for their answer at a time, while middleware runs, a session is loaded, and so on. One
   * more is refused with 503 `TOO_MANY_HANDSHAKES`, before any middleware runs. A client that sends more
   * than 64 KiB before its answer is refused with 503 `EARLY_BYTES`, as is who sends anything beyond 16 MiB of all in the process.
   * @default 1,000
   */
  maxPendingHandshakes?: number | false;
  /**
   * The same for upgrade requests from one address. One more is refused with 429 `TOO_MANY_HANDSHAKES_FROM_ADDRESS`, before
   * any middleware runs.
   * @default false: no limit
   */
  maxPendingHandshakesPerAddress?: number | false;
}

/** `AdmissionOptions` that have been checked: infinite where there is no limit. */
export type AdmissionLimits = Readonly<Record<keyof AdmissionOptions, number>>;

const defaults: AdmissionLimits = {
  maxConnections: Number.POSITIVE_INFINITY,
  maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
  maxConnectionsPerUser: Number.POSITIVE_INFINITY,
  maxPendingHandshakes: 1000,
  maxPendingHandshakesPerAddress: Number.POSITIVE_INFINITY,
};

export const admissionOptionNames = Object.keys(defaults) as ReadonlyArray<keyof AdmissionOptions>;

/** @throws InvalidOptionError for what is neither a whole number of at least 1, nor false */
export function resolveAdmission(given: AdmissionOptions, base: AdmissionLimits = defaults): AdmissionLimits {
  const limits: Record<keyof AdmissionOptions, number> = { ...base };
  for (const name of admissionOptionNames) {
    const value = given[name];
    if (value === undefined) continue;
    if (value !== false) checkInteger(name, value, { min: 1 });
    limits[name] = value === false ? Number.POSITIVE_INFINITY : value;
  }
  return Object.freeze(limits);
}

/** @throws InvalidOptionError where users are to be counted, and nothing says who they are */
export function checkIdentified(where: string, limits: AdmissionLimits, identify: unknown): void {
  if (limits.maxConnectionsPerUser === Number.POSITIVE_INFINITY || identify !== undefined) return;
  throw new InvalidOptionError(
    `Option 'maxConnectionsPerUser' in ${where} needs option 'identify', which says whose connection it is`,
  );
}
