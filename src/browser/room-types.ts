import type { ChatError } from './chat-error';
import type { ChatMessage } from './chat-message';
import type { ChatMember, Position } from './protocol';

/** `'joining'` until the server has let us in, also while the connection is away; `'closed'` when we left, or were refused. */
export type RoomState = 'joining' | 'joined' | 'closed';

/** What a room tells, and with what. */
export interface ChatRoomEvents<Data> {
  state: [state: RoomState];
  /** Somebody said something, or this client did before it lost its page; what `send()` sends comes by its promise. */
  message: [message: ChatMessage<Data>];
  /** A message that had no offset has one now; it is the same object. */
  placed: [message: ChatMessage<Data>];
  /** Somebody came, went, or took another name: the same id leaves and joins. After each join the members are new, too. */
  presence: [change: { readonly joins: readonly ChatMember[]; readonly leaves: readonly ChatMember[] }];
  /**
   * Something behind `since` may be missing, and the next message comes behind that. `history({ since })` may have it. The
   * position is null where the server has dropped messages because this client is too slow.
   */
  gap: [gap: { readonly since: Position; readonly position: Position | null }];
  /** Why the room is closed. */
  error: [error: ChatError];
}

export interface JoinOptions {
  /** What was seen last, as `room.position` was: what came behind it is given as events. @default nothing is missed */
  since?: Position;
}

/** Which messages to read: the latest that were said before the room was joined, unless something else is asked for. */
export interface HistoryQuery {
  /** Only messages before this one, or this position. */
  before?: { readonly epoch: string | null; readonly offset: number | null };
  /** All messages behind this one, or this position; without `before` and `limit`. */
  since?: { readonly epoch: string | null; readonly offset: number | null };
  /** At most so many. @default the server's */
  limit?: number;
}

/** A part of what was said. */
export interface HistoryPage<Data = unknown> {
  /** The oldest first. */
  readonly messages: readonly ChatMessage<Data>[];
  /** There are older ones. */
  readonly more: boolean;
  /** Something behind `since` may be missing. */
  readonly gap: boolean;
  /** Where the room was when this was read. */
  readonly position: Position;
}
