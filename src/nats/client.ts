import { InvalidOptionError, MessageTooBigError } from '../protocol/errors';
import { describe } from '../protocol/options';

/** Headers of a message, as far as they are read here. */
export interface NatsHeaders {
  get(name: string): string;
  /** The status of a message that has one, as 503 where nobody listens; else 0. */
  readonly code: number;
}

/** A message as a NATS client gives it. */
export interface NatsMessage {
  readonly subject: string;
  readonly reply?: string;
  readonly data: Uint8Array;
  readonly headers?: NatsHeaders;
}

export interface NatsSubscription {
  unsubscribe(): void;
}

/**
 * What is needed of the connection of a NATS client: a `NatsConnection` of `@nats-io/transport-node`, 3 and later, has it,
 * made with `connect({ maxReconnectAttempts: -1 })`.
 */
export interface NatsConnection {
  /** What the server said of itself. */
  readonly info?: { readonly max_payload?: number };
  publish(subject: string, payload?: Uint8Array | string, options?: { reply?: string }): void;
  request(
    subject: string,
    payload?: Uint8Array | string,
    // The client's headers are its own, and made without its package here.
    options?: { timeout: number; headers?: unknown },
  ): Promise<NatsMessage>;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): NatsSubscription;
  flush(): Promise<void>;
  status(): AsyncIterable<{ readonly type: string }>;
  closed(): Promise<unknown>;
  isClosed(): boolean;
}

/** What the client was told, where it can be seen: its types do not promise it. */
interface ClientOptions {
  readonly maxReconnectAttempts?: number;
  readonly noEcho?: boolean;
  readonly inboxPrefix?: string;
}

/** What the headers of a message may take, which count with it. */
const headersLength = 512;

const methods = ['publish', 'request', 'subscribe', 'flush', 'status', 'closed', 'isClosed'] as const;

/** @throws InvalidOptionError for what is no connection, or one that cannot be used */
export function checkConnection(connection: NatsConnection): void {
  const given: unknown = connection;
  if (given instanceof Promise) {
    throw new InvalidOptionError(
      'natsAdapter() takes a connection, not a promise of one: natsAdapter(await connect(…))',
    );
  }
  const missing = methods.filter((method) => typeof connection?.[method] !== 'function');
  if (missing.length > 0) {
    throw new InvalidOptionError(
      `natsAdapter() takes a NatsConnection, as connect() of @nats-io/transport-node makes it, not ${describe(given)}`,
    );
  }
  if (connection.isClosed()) throw new InvalidOptionError('natsAdapter() takes an open connection; this one is closed');
  if (optionsOf(connection).noEcho === true) {
    throw new InvalidOptionError(
      'natsAdapter() must hear what it says itself: make the connection without the option noEcho',
    );
  }
}

/** Says what is wrong with a connection that gives up, where that can be seen. */
export function warnIfItGivesUp(connection: NatsConnection): void {
  const { maxReconnectAttempts = -1 } = optionsOf(connection);
  if (maxReconnectAttempts < 0) return;
  process.emitWarning(
    `The NATS connection gives up after ${maxReconnectAttempts} attempts to reconnect, and natsAdapter() with it: ${neverGiveUp}`,
    { code: 'SWITCHBOARD_NATS_RECONNECT' },
  );
}

export const neverGiveUp = 'make it with connect({ maxReconnectAttempts: -1 })';

/** What answers to this connection begin with: its user may be allowed to hear nothing else. */
export function inboxPrefixOf(connection: NatsConnection): string {
  return optionsOf(connection).inboxPrefix || '_INBOX';
}

/**
 * Headers as the client sends them. Its own class is in a package that is not loaded here, and of that it asks for the bytes only.
 *
 * @param fields values without line breaks
 */
export function headersOf(fields: Readonly<Record<string, string>>): { encode(): Uint8Array } {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return { encode: () => Buffer.from(`NATS/1.0\r\n${lines.join('')}\r\n`) };
}

/** @throws MessageTooBigError for more than the server takes: it would close the connection */
export function checkPayload({ info }: NatsConnection, payload: string): void {
  const limit = info?.max_payload ?? Number.POSITIVE_INFINITY;
  const length = payload.length * 3 > limit ? Buffer.byteLength(payload) + headersLength : 0;
  if (length <= limit) return;
  const words = `The message takes ${length} bytes at NATS, and its server takes ${limit} (max_payload in the server's configuration)`;
  throw new MessageTooBigError(words, { code: 'MESSAGE_TOO_BIG' });
}

/** Whether a request failed because nobody takes it: no such stream, or no JetStream. */
export function isUnanswered(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if (each.name.startsWith('NoResponders')) return true;
  }
  return false;
}

function optionsOf(connection: NatsConnection): ClientOptions {
  return (connection as { options?: ClientOptions }).options ?? {};
}
