import type { IncomingMessage } from 'node:http';
import {
  type ConnectionOptions,
  connectionOptionNames,
  pickConnectionOptions,
  type ResolvedConnectionOptions,
  resolveConnectionOptions,
} from '../connection/options';
import { checkLogger, Log, type Logger } from '../diagnostics/logger';
import { type DeflateSettings, type PerMessageDeflateOptions, resolveDeflate } from '../protocol/deflate-options';
import { InvalidOptionError } from '../protocol/errors';
import { checkBoolean, checkFunction, checkMilliseconds, refuseUnknownOptions } from '../protocol/options';
import {
  type AdmissionLimits,
  type AdmissionOptions,
  admissionOptionNames,
  resolveAdmission,
} from './admission-options';
import type { Identify } from './identify';
import { type AllowedOrigins, anyOrigin, compileOriginPolicy, type OriginPolicy } from './origin';
import { compileSubprotocols, type SubprotocolChoice, type Subprotocols } from './subprotocol';

/** What one WebSocket endpoint may say about its opening handshakes and its connections. */
export interface UpgradeOptions<Request = IncomingMessage> extends Partial<ConnectionOptions> {
  /**
   * The subprotocols that this endpoint speaks, or a function that chooses from those offered. Of a list, the one that
   * the client names first is chosen: the order of the offer is the client's preference (RFC 6455, section 4.1).
   * Where nothing fits none is chosen; most browsers that asked for one then fail the connection, Firefox does not.
   * Who would rather refuse throws in the function, or answers in middleware.
   * @default none: no subprotocol is ever chosen
   */
  subprotocols?: Subprotocols<Request>;
  /**
   * Compresses messages (RFC 7692) for clients that offer it, as browsers do: `true`, or an object of options. It costs
   * processor time for every message, and memory for every connection.
   * @default false
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions;
  /**
   * The origins, besides the server's own, whose pages may open a connection: `https://app.example`,
   * `https://*.example` for every host below, `http://localhost:*` for every port, a RegExp, or a function that
   * decides alone. A request without `Origin` does not come from a browser's page, and passes.
   * @default the server's own origin only; another one is refused with 403
   */
  allowedOrigins?: AllowedOrigins<Request>;
  /**
   * Lets pages of every site open connections, with the cookies of the person who looks at them.
   * @default false
   */
  dangerouslyAllowAnyOrigin?: boolean;
  /**
   * Says who connects, from the request when all middleware has run: it becomes `socket.user`, for `maxConnectionsPerUser`,
   * presence, and `disconnect()`. Undefined for somebody who is nobody in particular. May return a promise, for which the
   * 101 waits; an exception goes to Express's error middleware, and a `HandshakeError` is a refusal.
   * @default nobody is known
   */
  identify?: Identify<Request>;
}

/** `UpgradeOptions` and what holds for a whole server. */
export interface ServerOptions<Request = IncomingMessage> extends UpgradeOptions<Request>, AdmissionOptions {
  /**
   * Milliseconds from the arrival of an upgrade request to its 101 or its refusal, all middleware included;
   * then it is refused with 503.
   * @default 10,000
   */
  handshakeTimeout?: number;
  /**
   * Where it is written what happens: `console`, pino, or what has the same methods; false for nowhere. Exceptions of the
   * application that nobody listens for are errors; slow consumers, limits, and adapters that are degraded, are warnings,
   * at most one a second of each kind; that an adapter is back is information; what else becomes of handshakes and
   * connections is for debugging.
   * @default exceptions are written to the console, and nothing else
   */
  logger?: Logger | false;
}

/** Options that have been checked: what `acceptUpgrade` reads at every handshake. */
export interface ResolvedServerOptions {
  readonly connection: ResolvedConnectionOptions;
  readonly handshakeTimeout: number;
  readonly log: Log;
  readonly subprotocols: SubprotocolChoice;
  /** Null where messages are not compressed. */
  readonly perMessageDeflate: DeflateSettings | null;
  readonly origins: OriginPolicy;
  readonly identify: Identify | undefined;
  readonly limits: AdmissionLimits;
}

const upgradeOptionNames = [
  'subprotocols',
  'perMessageDeflate',
  'allowedOrigins',
  'dangerouslyAllowAnyOrigin',
  'identify',
] as const;

/** What a server can be told, by name. */
export const serverOptionNames = [
  ...connectionOptionNames,
  ...upgradeOptionNames,
  ...admissionOptionNames,
  'handshakeTimeout',
  'logger',
] as const;

const defaults = { handshakeTimeout: 10_000 };

/**
 * Checks the options of a server; what is not given is taken from `base`.
 *
 * @throws InvalidOptionError that names the option and the place `where` it was given
 */
export function resolveServerOptions<Request extends IncomingMessage = IncomingMessage>(
  where: string,
  given: ServerOptions<Request> = {},
  base?: ResolvedServerOptions,
): ResolvedServerOptions {
  refuseUnknownOptions(where, given, serverOptionNames);
  const handshakeTimeout = given.handshakeTimeout ?? base?.handshakeTimeout ?? defaults.handshakeTimeout;
  checkMilliseconds('handshakeTimeout', handshakeTimeout);
  if (given.identify !== undefined) checkFunction('identify', given.identify);
  return Object.freeze({
    connection: resolveConnectionOptions(where, pickConnectionOptions(given), base?.connection),
    handshakeTimeout,
    log: base?.log ?? new Log(checkLogger(given.logger)),
    subprotocols:
      given.subprotocols === undefined && base ? base.subprotocols : compileSubprotocols(given.subprotocols),
    perMessageDeflate:
      given.perMessageDeflate === undefined && base
        ? base.perMessageDeflate
        : resolveDeflate(where, 'server', given.perMessageDeflate),
    origins: resolveOrigins(given, base),
    identify: given.identify === undefined ? base?.identify : (given.identify as Identify),
    limits: resolveAdmission(given, base?.limits),
  });
}

/** What no route can have, and why. */
const serverOnly: readonly (readonly [string, string])[] = [
  ['handshakeTimeout', 'it runs before the route is known'],
  ['logger', 'what happens before the route is known is written, too'],
  ...admissionOptionNames.map((name) => [name, 'it counts what comes to all routes together'] as const),
];

/**
 * Checks the options of one route; what is not given is taken from `base`.
 *
 * @throws InvalidOptionError, also for `handshakeTimeout`, which has begun before the route is known, and for what counts
 *   the connections of all routes
 */
export function resolveUpgradeOptions<Request extends IncomingMessage = IncomingMessage>(
  where: string,
  given: UpgradeOptions<Request>,
  base: ResolvedServerOptions,
): ResolvedServerOptions {
  for (const [name, why] of serverOnly) {
    if (given === null || typeof given !== 'object' || !Object.hasOwn(given, name)) continue;
    throw new InvalidOptionError(
      `Option '${name}' cannot be set in ${where}: ${why}. Give it to switchboard(app, { ${name} }).`,
    );
  }
  return resolveServerOptions(where, given, base);
}

function resolveOrigins<Request extends IncomingMessage>(
  given: UpgradeOptions<Request>,
  base: ResolvedServerOptions | undefined,
): OriginPolicy {
  const { allowedOrigins, dangerouslyAllowAnyOrigin } = given;
  if (dangerouslyAllowAnyOrigin !== undefined) checkBoolean('dangerouslyAllowAnyOrigin', dangerouslyAllowAnyOrigin);
  if (dangerouslyAllowAnyOrigin === true && allowedOrigins !== undefined) {
    throw new InvalidOptionError(
      "Options 'allowedOrigins' and 'dangerouslyAllowAnyOrigin' contradict each other: give one of them",
    );
  }
  if (allowedOrigins === undefined && dangerouslyAllowAnyOrigin === undefined && base) return base.origins;
  return dangerouslyAllowAnyOrigin === true ? anyOrigin : compileOriginPolicy(allowedOrigins);
}
