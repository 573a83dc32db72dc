import type { WebSocketClass } from './web-socket';

/** How a client connects, and what it waits for. */
export interface ChatClientOptions {
  /** The name to join rooms with. @default the server gives one */
  name?: string;
  /** The class that connects: one of Node, to send headers with the handshake for example. @default the global one */
  WebSocket?: WebSocketClass;
  /**
   * How many messages, of all rooms together, may wait for a connection; `send()` rejects those beyond with the code
   * `'queue-full'`. 0 lets none wait. @default 100
   */
  maxQueued?: number;
  /** Milliseconds until a connection must be open, a function that gives its URL included. @default 10_000 */
  connectTimeout?: number;
  /**
   * Milliseconds that the server may be silent while it owes an answer; then the connection is given up, and made anew.
   * After half of them it is asked whether it is there. @default 10_000
   */
  answerTimeout?: number;
  /**
   * Milliseconds of silence after which the server is asked whether it is there, so that a dead connection is noticed in a
   * quiet room; `false` never asks. @default 30_000
   */
  probeInterval?: number | false;
  /**
   * The first delay before a lost connection is made anew is drawn between 0 and this, in milliseconds; the limit doubles
   * with each failure. @default 500
   */
  firstRetryDelay?: number;
  /** Where the doubling ends, in milliseconds. @default 20_000 */
  maxRetryDelay?: number;
}

/** Options with nothing left open but what has no default. */
export interface ResolvedOptions extends Required<Omit<ChatClientOptions, 'name' | 'WebSocket'>> {
  readonly name: string | undefined;
  readonly WebSocket: WebSocketClass | undefined;
}

const numbers = {
  maxQueued: 100,
  connectTimeout: 10_000,
  answerTimeout: 10_000,
  probeInterval: 30_000,
  firstRetryDelay: 500,
  maxRetryDelay: 20_000,
};

/** The longest delay that timers can wait; a longer one would fire at once. */
const longestDelay = 2 ** 31 - 1;

/** @throws TypeError for a name that nobody knows, and for values that cannot be */
export function resolveOptions(given: ChatClientOptions): ResolvedOptions {
  const options = { name: undefined, WebSocket: undefined, ...numbers } as ResolvedOptions;
  for (const [name, value] of Object.entries(given)) {
    if (!(name in options)) {
      throw new TypeError(`Unknown option '${name}' of ChatClient; known: ${Object.keys(options).join(', ')}`);
    }
    if (value === undefined) continue;
    if (name in numbers && !(name === 'probeInterval' && value === false)) {
      const min = name === 'maxQueued' ? 0 : 1;
      if (typeof value !== 'number' || !(value >= min && value <= longestDelay)) {
        throw new TypeError(`Option '${name}' must be a number from ${min} to ${longestDelay}, not ${String(value)}`);
      }
    }
    Object.assign(options, { [name]: value });
  }
  return options;
}
