import type { Message } from '../connection/inbox';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { checkBoolean } from '../protocol/options';
import { checkConnection, type ExpectOptions, failure, Transcript, timeoutOf } from './expectation';
import { type MessageTest, matcherOf, shown } from './message-test';

export interface ExpectMessageOptions extends ExpectOptions {
  /** An object describes a part of the JSON: other properties may be there. @default false */
  partial?: boolean;
  /** Passes over messages that are not the expected one; the timeout is for each. @default false: the next must be it */
  skipOthers?: boolean;
}

/**
 * Takes the next message of a connection, waiting for it, and asserts that it is the expected one: a text, bytes, a RegExp
 * for a text, an object for its JSON, or a function that returns true. Without one, any message will do.
 *
 * ```ts
 * const socket = await connectTo(app, '/chat');
 * socket.send('{"type":"join","room":"general"}');
 * const { member } = await expectMessage(socket, { type: 'joined', room: 'general' }, { partial: true });
 * ```
 *
 * @returns the message; for an object the parsed JSON
 * @throws AssertionError (of node:assert) when another message comes, none within `timeout`, or the connection is closed: it
 *   lists the messages so far. InvalidStateError where the connection has `'message'` listeners, which get them;
 *   InvalidOptionError for an expectation or an option that cannot be
 */
export async function expectMessage(
  socket: WebSocketConnection,
  expected?: MessageTest,
  options?: ExpectMessageOptions,
): Promise<Message>;
export async function expectMessage<Json extends object>(
  socket: WebSocketConnection,
  expected: Json,
  options?: ExpectMessageOptions,
): Promise<Json & Record<string, unknown>>;
export async function expectMessage(
  socket: WebSocketConnection,
  expected?: MessageTest | object,
  options: ExpectMessageOptions = {},
): Promise<unknown> {
  checkConnection('expectMessage()', socket);
  const timeout = timeoutOf('expectMessage()', options, ['partial', 'skipOthers']);
  const { partial = false, skipOthers = false } = options;
  checkBoolean('partial', partial);
  checkBoolean('skipOthers', skipOthers);
  const matcher = matcherOf(expected, partial);
  const transcript = Transcript.of(socket);
  const before = transcript.size;
  const fail = (instead: string, actual?: unknown) => {
    const words = `Expected ${matcher.words}, but ${instead}`;
    return failure('expectMessage', socket, words, { expected: matcher.expected, actual }, before);
  };
  for (let others = 0; ; others++) {
    const next = await transcript.next(timeout);
    if ('instead' in next) throw fail(afterOthers(others) + next.instead);
    const { message } = next;
    const read = matcher.read(message);
    if (matcher.matches(message)) return read;
    if (!skipOthers) throw fail(`got ${shown(message)}`, read);
  }
}

function afterOthers(others: number): string {
  if (others === 0) return '';
  return `${others === 1 ? 'the one that came did not match' : `none of the ${others} that came matched`}, and then `;
}
