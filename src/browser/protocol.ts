/** A place in a room's log: the log's life, and how far it had come. Offsets of different epochs cannot be compared. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Somebody in a room. */
export interface ChatMember {
  /** Of the connection, new with each one; where the server identifies its users, of the user. */
  readonly id: string;
  readonly name: string;
  /** How many connections of this user are in the room, where the server identifies its users. */
  readonly connections?: number;
}

/** A message as the server writes it. */
export interface MessageAnswer<Data> {
  readonly from: ChatMember;
  readonly text?: string;
  readonly data?: Data;
  readonly key?: string;
  readonly offset: number | null;
  readonly at: number;
}

export interface JoinedAnswer<Data> {
  readonly type: 'joined';
  readonly member: ChatMember;
  readonly members: readonly ChatMember[];
  readonly count: number;
  /** Null while the broker of several servers is away. */
  readonly position: Position | null;
  readonly missed: readonly MessageAnswer<Data>[];
  readonly gap: boolean;
}

export interface SentAnswer {
  readonly type: 'sent';
  readonly offset: number;
  readonly at: number;
}

export interface HistoryAnswer<Data> {
  readonly type: 'history';
  readonly messages: readonly MessageAnswer<Data>[];
  readonly position: Position;
  readonly more: boolean;
  readonly gap: boolean;
}

/** What comes in a room without having been asked for. */
export type RoomAnswer<Data> =
  | (MessageAnswer<Data> & { readonly type: 'message' })
  | { readonly type: 'placed'; readonly key: string; readonly offset: number; readonly at: number }
  | {
      readonly type: 'presence';
      readonly joins: readonly ChatMember[];
      readonly leaves: readonly ChatMember[];
      readonly count: number;
    }
  | {
      readonly type: 'position';
      /** Null where it stays what it was: the next messages were dropped. */
      readonly position: Position | null;
      readonly gap: boolean;
    }
  | { readonly type: 'left' };

/** An answer of whatever type, before anybody has looked at it. */
export interface UnknownAnswer {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly room?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly retryAfter?: unknown;
  readonly request?: { readonly type?: unknown; readonly id?: unknown };
}

/**
 * Asked to see whether the server is there. Servers of the first version do not know it and say so, which is an answer,
 * too.
 */
export const probe = '{"type":"ping"}';

/**
 * How long, in milliseconds, a message may be sent again: its key is known for 120 s, and a server whose broker is away lets
 * what is sent again wait for up to 90 s (`publishTimeout`) before it gets there.
 */
export const keyLifetime = 30_000;

/** A message's key: nobody else's, and not to be guessed. Pages without TLS have no `randomUUID()`. */
export function newKey(): string {
  const { crypto } = globalThis as unknown as { crypto: { getRandomValues(bytes: Uint8Array): Uint8Array } };
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
