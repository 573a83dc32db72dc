import type { ChatMember } from './protocol';

/** Something that was said in a room. Where it has an offset, it is also a position: `room.history({ before: message })`. */
export interface ChatMessage<Data = unknown> {
  readonly room: string;
  readonly from: ChatMember;
  /** What was said, where it is a text. */
  readonly text?: string;
  /** What was said, where the server has a schema. */
  readonly data?: Data;
  /** Its sender's name for it: the same in history. */
  readonly key?: string;
  /** The life of the room's log that it belongs to. */
  readonly epoch: string | null;
  /** Its place in the room's log; null until it has one, because the servers' broker is away. Then the event `placed` follows. */
  readonly offset: number | null;
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
  /** Whether this client said it, or another connection of the same user where the server identifies its users. */
  readonly own: boolean;
}
