import { AssertionError } from 'node:assert';
import type { Message } from '../connection/inbox';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { ConnectionClosedError, InvalidOptionError } from '../protocol/errors';
import { checkMilliseconds, describe, refuseUnknownOptions } from '../protocol/options';
import { shown } from './message-test';
import { late, within } from './real-time';

export interface ExpectOptions {
  /** Milliseconds to wait for what is expected, of real time also under a fake clock. @default 1,000 */
  timeout?: number;
}

/** @throws InvalidOptionError for what is no connection, as a promise of one */
export function checkConnection(where: string, socket: unknown): void {
  if (typeof (socket as Partial<WebSocketConnection> | null | undefined)?.receive === 'function') return;
  throw new InvalidOptionError(`${where} needs a connection first (await connectTo(…)), not ${describe(socket)}`);
}

/** @throws InvalidOptionError */
export function timeoutOf(where: string, options: ExpectOptions, ownNames: readonly string[] = []): number {
  refuseUnknownOptions(where, options, ['timeout', ...ownNames]);
  const { timeout = 1000 } = options;
  checkMilliseconds('timeout', timeout);
  return timeout;
}

/** What expectations have taken from a connection, in order. */
export class Transcript {
  private static readonly all = new WeakMap<WebSocketConnection, Transcript>();
  private readonly messages: Message[] = [];
  /** Waits that were given up; a message that comes by one of them must not be lost. */
  private readonly abandoned: Array<Promise<Message | null>> = [];

  private constructor(private readonly socket: WebSocketConnection) {}

  static of(socket: WebSocketConnection): Transcript {
    let transcript = Transcript.all.get(socket);
    if (transcript === undefined) {
      transcript = new Transcript(socket);
      Transcript.all.set(socket, transcript);
    }
    return transcript;
  }

  /** Takes the next message, or says why there is none. */
  async next(timeout: number): Promise<{ message: Message } | { instead: string }> {
    const receiving = this.abandoned.shift() ?? this.socket.receive();
    try {
      const message = await within(timeout, receiving);
      if (message === late) {
        this.abandoned.unshift(receiving);
        return { instead: `none came within ${timeout} ms (option 'timeout')` };
      }
      // Without a timeout of its own, receive() gives no null.
      this.messages.push(message!);
      return { message: message! };
    } catch (error) {
      if (!(error instanceof ConnectionClosedError)) throw error;
      return { instead: error.message.replace(/^receive\(\): the connection is closed/, 'the connection was closed') };
    }
  }

  /** Takes a message that has come already. */
  async waiting(): Promise<Message | undefined> {
    const [given] = this.abandoned;
    if (given === undefined && !this.hasMore) return undefined;
    // A wait that was given up has its message by now, or there is none.
    const next = await this.next(1);
    return 'message' in next ? next.message : undefined;
  }

  /** True when a message has come that no expectation has taken. */
  get hasMore(): boolean {
    return this.socket.hasWaiting;
  }

  /** How many have been taken. */
  get size(): number {
    return this.messages.length;
  }

  /** The last of them, for error messages; marked are those that were taken when there were only `before`. */
  describe(before: number): string {
    const { messages } = this;
    if (messages.length === 0) return 'Messages so far: none';
    const first = Math.max(0, messages.length - 20);
    const lines = messages.slice(first).map((message, index) => {
      const mark = first + index < before ? ' (taken by an earlier expectation)' : '';
      return `\n  ${first + index + 1}. ${shown(message)}${mark}`;
    });
    return `Messages so far:${first > 0 ? `\n  (${first} more)` : ''}${lines.join('')}`;
  }
}

/**
 * The error of an expectation that is not met, as test runners know to show it.
 *
 * @param before how many messages had been taken when it began
 */
export function failure(
  operator: string,
  socket: WebSocketConnection,
  words: string,
  difference: { expected?: unknown; actual?: unknown },
  before = 0,
): AssertionError {
  const message = `${words}.\n${Transcript.of(socket).describe(before)}`;
  return new AssertionError({ message, operator, ...difference });
}
