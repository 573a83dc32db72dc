import type { IncomingMessage } from 'node:http';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { checkFunction, checkInteger, refuseUnknownOptions } from '../protocol/options';
import { serverOptionNames } from '../server/options';
import type { ChatMessage } from './answers';

/** A message that nobody has got yet, as `authorizePublish` sees it. */
export type ChatDraft = Omit<ChatMessage, 'offset' | 'at'>;

/** What a hook answers: only `true` allows, so that a forgotten `return` opens no door. */
export type Verdict = boolean | Promise<boolean>;

/** Who may do what in the rooms of one mount, and how much of it. */
export interface ChatOptions<Request = IncomingMessage> {
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
  authorizePublish?: (socket: WebSocketConnection, message: ChatDraft, request: Request) => Verdict;
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
}

/** `ChatOptions` with nothing left open, but the hooks. */
export interface ResolvedChatOptions
  extends Required<Omit<ChatOptions, 'authorizeJoin' | 'authorizePublish'>>,
    Pick<ChatOptions, 'authorizeJoin' | 'authorizePublish'> {}

const defaults = { maxRoomsPerMember: 50, maxTextLength: 4096, maxNameLength: 64, maxMembersListed: 500 };
const hookNames = ['authorizeJoin', 'authorizePublish'] as const;
const limitNames = Object.keys(defaults) as (keyof typeof defaults)[];

/**
 * Takes the chat's own options from those of its connections, and checks them.
 *
 * @param where the call that got them, for error messages
 * @returns both, apart; the connections' ones are checked by whoever takes them
 * @throws InvalidOptionError for a name that nobody knows, and for values that cannot be
 */
export function splitChatOptions<Request, Rest>(
  where: string,
  given: ChatOptions<Request> & Rest,
): { chat: ResolvedChatOptions; rest: Rest } {
  refuseUnknownOptions(where, given, [...hookNames, ...limitNames, ...serverOptionNames]);
  const {
    authorizeJoin,
    authorizePublish,
    maxRoomsPerMember,
    maxTextLength,
    maxNameLength,
    maxMembersListed,
    ...rest
  } = given;
  const limits = { ...defaults };
  for (const name of limitNames) {
    const value = given[name];
    if (value === undefined) continue;
    checkInteger(name, value, { min: 1 });
    limits[name] = value;
  }
  const chat: ResolvedChatOptions = { ...limits };
  for (const name of hookNames) {
    const hook = given[name];
    if (hook === undefined) continue;
    checkFunction(name, hook);
    Object.assign(chat, { [name]: hook });
  }
  return { chat: Object.freeze(chat), rest: rest as Rest };
}
