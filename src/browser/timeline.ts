import type { ChatMessage } from './chat-message';
import type { JoinedAnswer, Position } from './protocol';

/** How many messages without a place are remembered. */
const maxPlaceless = 1_000;

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** How far a room's log was seen, so that each of its messages is given once. */
export class Timeline<Data> {
  /** What was seen last; null until the server has said where the room is. */
  position: Position | null;
  /** Where seeing began. */
  start: Position | null;
  readonly #placeless = new Map<string, ChatMessage<Data>>();

  constructor(since: Position | null) {
    this.position = since;
    this.start = since;
  }

  /** Finds its place again, before the messages that were missed are given. */
  rejoined({ position, missed, gap }: JoinedAnswer<Data>): void {
    const { position: known } = this;
    if (position === null) return;
    // A log that is shorter than it was has lost something: what follows has the old offsets anew.
    const isOther = known?.epoch !== position.epoch || (gap && position.offset < known.offset);
    if (!isOther) return;
    this.position = { ...position, offset: (missed[0]?.offset ?? position.offset + 1) - 1 };
    this.start = this.position;
  }

  /** Where the room is, says the server. */
  moved(position: Position | null, gap: boolean): void {
    if (position === null) return;
    const { position: known } = this;
    const isOther = known?.epoch !== position.epoch;
    if (isOther) this.start = position;
    if (isOther || gap || position.offset > known.offset) this.position = position;
  }

  /** Goes on to a message; returns false where that was seen before. */
  pass(offset: number | null): boolean {
    if (offset === null || this.position === null) return true;
    if (offset <= this.position.offset) return false;
    this.position = { epoch: this.position.epoch, offset };
    return true;
  }

  /** Remembers a message that has no place yet. */
  expectPlace(message: ChatMessage<Data>): void {
    if (message.key === undefined || message.offset !== null) return;
    this.#placeless.set(message.key, message);
    if (this.#placeless.size <= maxPlaceless) return;
    for (const oldest of this.#placeless.keys()) {
      this.#placeless.delete(oldest);
      break;
    }
  }

  expects(key: string | undefined): boolean {
    return this.#placeless.has(key as string);
  }

  /** Gives a message its place; returns it, where it was awaited. */
  place(key: string, offset: number, at: number): ChatMessage<Data> | undefined {
    const message = this.#placeless.get(key);
    if (message === undefined) return undefined;
    this.#placeless.delete(key);
    return Object.assign(message as Writable<typeof message>, { offset, at, epoch: this.position?.epoch ?? null });
  }
}
