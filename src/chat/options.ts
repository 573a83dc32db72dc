import type { IncomingMessage } from 'node:http';
import { type RateLimit, type ResolvedRate, resolveRate } from '../connection/token-bucket';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { checkFunction, checkInteger, refuseUnknownOptions } from '../protocol/options';
import {
  type ResolvedSharedRoomsOptions,
  refuseAdapter,
  resolveSharedRoomsOptions,
  type SharedRoomsOptions,
  sharedRoomsOptionNames,
} from '../rooms/shared-rooms-options';
import { checkSlowConsumer, type SlowConsumer } from '../rooms/slow-consumer';
import { serverOptionNames } from '../server/options';
import type { ChatMessage } from './answers';
import { checkSchema, type StandardSchema } from './schema';

/** A message that nobody has got yet, as `authorizePublish` sees it. */
export type ChatDraft<Data = unknown> = Omit<ChatMessage<Data>, 'offset' | 'at'>;

/** What a hook answers: only `true` allows, so that a forgotten `return` opens no door. */
export type Verdict = boolean | Promise<boolean>;

/** Who may do what in the rooms of one mount, and how much of it. */
export interface ChatOptions<Request = IncomingMessage, Data = unknown> extends SharedRoomsOptions {
  /**
   * Asked before somebody joins a room. `true` allows; `false`, or an exception, is answered with the error `forbidden`.
   * While a promise is waited for, nothing else of this client is read, so that its requests are answered in order.
   * @default everybody may join every room
   */
  authorizeJoin?: (socket: WebSocketConnection, room: string, request: Request) => Verdict;
  /**
   * Asked before a message goes to its room, in which its sender is already. Answers as `authorizeJoin` does.
   * @default everybody in a room may speak
   */
  authorizePublish?: (socket: WebSocketConnection, message: ChatDraft<Data>, request: Request) => Verdict;
  /**
   * Says who is behind a connection: all connections of one user are one member of a room, whose `id` this is. It becomes
   * `socket.user`. Undefined for somebody who is nobody in particular.
   * @default every connection is a member of its own
   */
  identify?: (socket: WebSocketConnection, request: Request) => string | undefined;
  /**
   * What messages may hold, instead of texts: any Standard Schema (of zod, valibot, arktype, …). A message's `data` is
   * validated, and what the schema makes of it goes to the room; what does not fit is answered with the error
   * `invalid-data`.
   * @default messages are texts
   */
  schema?: StandardSchema<Data>;
  /**
   * What becomes of messages for a member who does not read them as fast as they come; who misses some is told by a
   * `position` with `gap`.
   * @default 'close'
   */
  slowConsumer?: SlowConsumer;
  /** Rooms that one connection may be in at the same time. @default 50 */
  maxRoomsPerMember?: number;
  /** The longest text of a message, in UTF-16 code units, as `length` counts. @default 4096 */
  maxTextLength?: number;
  /** The longest name of a member, in UTF-16 code units. @default 64 */
  maxNameLength?: number;
  /**
   * How many members `joined` lists, so that the answer stays small where a room is large; its `count` says how many
   * there are. @default 500
   */
  maxMembersListed?: number;
  /**
   * Requests of one connection that cost work: joins and reading history. A number per second, or `{ rate, burst }`, or false
   * for no limit. One counts as 1, and as 1 more for each 64 KiB of its answer. One that is too many is answered with
   * the error `rate-limited`, which says when to ask again (`retryAfter`), and the connection goes on; `ChatClient` asks again
   * by itself. What members say is limited by `maxMessagesPerSecond`.
   * @default 5 per second, 200 at once
   */
  maxRequestsPerSecond?: number | RateLimit | false;
}

type Hooks = Pick<ChatOptions, 'authorizeJoin' | 'authorizePublish' | 'identify' | 'schema' | 'slowConsumer'>;

const defaultRate: ResolvedRate = Object.freeze({ rate: 5, burst: 200 });
const defaults = { maxRoomsPerMember: 50, maxTextLength: 4096, maxNameLength: 64, maxMembersListed: 500 };
const hookNames = ['authorizeJoin', 'authorizePublish', 'identify'] as const;
const limitNames = Object.keys(defaults) as (keyof typeof defaults)[];
const chatOptionNames = [
  ...hookNames,
  'schema',
  'slowConsumer',
  'maxRequestsPerSecond',
  ...limitNames,
  ...sharedRoomsOptionNames,
] as const;

/** `ChatOptions` with nothing left open, but the hooks. */
export interface ResolvedChatOptions extends Readonly<Record<keyof typeof defaults, number>>, Readonly<Hooks> {
  readonly shared: ResolvedSharedRoomsOptions;
  readonly maxRequestsPerSecond: ResolvedRate | false;
}

/**
 * Takes the chat's own options from those of its connections, and checks them.
 *
 * @param where the call that got them, for error messages
 * @param name what the rooms are called on the adapter by default
 * @returns both, apart; the connections' ones are checked by whoever takes them
 * @throws InvalidOptionError for a name that nobody knows, and for values that cannot be
 */
export function splitChatOptions<Rest>(
  where: string,
  given: object,
  name: string,
): { chat: ResolvedChatOptions; rest: Rest } {
  refuseAdapter(where, given);
  refuseUnknownOptions(where, given, [...chatOptionNames, ...serverOptionNames]);
  const own: ChatOptions = given;
  const limits = { ...defaults };
  for (const limit of limitNames) {
    const value = own[limit];
    if (value === undefined) continue;
    checkInteger(limit, value, { min: 1 });
    limits[limit] = value;
  }
  const hooks: Hooks = {};
  for (const hook of hookNames) {
    if (own[hook] === undefined) continue;
    checkFunction(hook, own[hook]);
    Object.assign(hooks, { [hook]: own[hook] });
  }
  if (own.schema !== undefined) {
    checkSchema(own.schema);
    hooks.schema = own.schema;
  }
  if (own.slowConsumer !== undefined) {
    checkSlowConsumer(own.slowConsumer);
    hooks.slowConsumer = own.slowConsumer;
  }
  const { maxRequestsPerSecond: rate = defaultRate } = own;
  const maxRequestsPerSecond = rate !== false && resolveRate('maxRequestsPerSecond', rate);
  const chat = Object.freeze({
    ...limits,
    ...hooks,
    maxRequestsPerSecond,
    shared: resolveSharedRoomsOptions(own, name),
  });
  const isOwn = (option: string) => (chatOptionNames as readonly string[]).includes(option);
  const rest = Object.fromEntries(Object.entries(given).filter(([option]) => !isOwn(option)));
  return { chat, rest: rest as Rest };
}
