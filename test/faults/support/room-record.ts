import type { Position } from '../../../src/rooms/adapter';

/** What `missed`, `history` and live messages have in common, as far as it is looked at here. */
export interface ChatMessageLike {
  readonly text: string;
  readonly offset: number | null;
  readonly key?: string;
}

/** Something that has its place in the log. */
export interface Said {
  readonly epoch: string;
  readonly offset: number;
  readonly text: string;
  readonly key: string | undefined;
}

/** Before what follows something may be missing, and the client was told so. */
export const gap = 'gap';

/**
 * What one client has got of one room, in the order in which it learnt the places, as an application would show it. What no
 * server may do is noted as a mistake at once: whether anything is missing is seen only beside the log (verdict.ts).
 */
export class RoomRecord {
  /** Where the client was when it came first; null before. */
  start: Position | null = null;
  /** What it names as `since` when it comes again. */
  position: Position | null = null;
  readonly said: (Said | typeof gap)[] = [];
  readonly mistakes: string[] = [];
  readonly #room: string;
  readonly #ownComeLater: boolean;
  /** Keys of what is in the list, with their offsets. */
  readonly #offsets = new Map<string, number>();
  /** What it has got without a place: text by key. What was got by an earlier connection is marked as such. */
  readonly #unplaced = new Map<string, { text: string; earlier: boolean }>();

  /** @param ownComeLater what the client has said itself comes by promises, so that messages behind it may come first */
  constructor(room: string, { ownComeLater = false } = {}) {
    this.#room = room;
    this.#ownComeLater = ownComeLater;
  }

  get lastOffset(): number {
    return this.position?.offset ?? 0;
  }

  /** How many messages it has shown whose place it does not know. */
  get unplaced(): number {
    return this.#unplaced.size;
  }

  /** A message that nobody else can have got by another connection will be placed on this one, or never. */
  connectionLost(): void {
    for (const shown of this.#unplaced.values()) shown.earlier = true;
  }

  joined(position: Position | null, missed: readonly ChatMessageLike[], gapTold: boolean): void {
    // The broker is away: `position` follows.
    if (position === null) return;
    if (this.position === null) {
      if (missed.length > 0) this.#mistake(`${missed.length} messages were missed by who came for the first time`);
      this.#begin(position);
      return;
    }
    this.#moveTo(position.epoch, gapTold);
    for (const message of missed) this.#place(message, 'missed');
    this.#arriveAt(position);
  }

  positionTold(position: Position, gapTold: boolean): void {
    if (this.position === null) {
      this.#begin(position);
      return;
    }
    this.#moveTo(position.epoch, gapTold);
    this.#arriveAt(position);
  }

  message(message: ChatMessageLike): void {
    const { key, text, offset } = message;
    if (offset !== null) {
      this.#place(message, 'live');
      return;
    }
    if (key === undefined) {
      this.#mistake(`'${text}' came without offset and without key`);
      return;
    }
    if (this.#unplaced.has(key) && this.#unplaced.get(key)?.earlier === false) {
      this.#mistake(`'${text}' came without offset twice`);
    }
    if (this.#offsets.has(key)) this.#mistake(`'${text}' came without offset behind its place`);
    else this.#unplaced.set(key, { text, earlier: false });
  }

  placed(key: string, offset: number): void {
    const shown = this.#unplaced.get(key);
    if (shown === undefined) this.#mistake(`placed ${key} at ${offset}, which had not come`);
    else this.#place({ key, text: shown.text, offset }, 'placed');
  }

  /** What the client has said itself. */
  sent(key: string, text: string, offset: number): void {
    const known = this.#offsets.get(key);
    if (known === undefined && this.#ownComeLater && offset <= this.lastOffset) this.#insert(key, text, offset);
    else if (known === undefined) this.#place({ key, text, offset }, 'sent');
    // It was repeated because its first answer was lost, and had come among the missed.
    else if (known !== offset) this.#mistake(`'${text}' is at ${known} and was sent at ${offset}`);
  }

  #begin(position: Position): void {
    this.start = position;
    this.position = position;
  }

  #moveTo(epoch: string, gapTold: boolean): void {
    if (gapTold) this.said.push(gap);
    if (epoch === this.position?.epoch) return;
    if (!gapTold) this.#mistake(`the epoch became ${epoch}, and no gap was told`);
    this.position = { epoch, offset: 0 };
  }

  /** It may be beyond the last message: offsets need not be contiguous. What is missing then, the log shows. */
  #arriveAt(position: Position): void {
    if (position.offset < this.lastOffset) {
      this.#mistake(`the position went back from ${this.lastOffset} to ${position.offset}`);
    }
    this.position = position;
  }

  #place({ key, text, offset }: ChatMessageLike, how: 'live' | 'missed' | 'placed' | 'sent'): void {
    if (this.position === null || offset === null) {
      this.#mistake(`'${text}' came (${how}) before the client had a position, or without offset`);
      return;
    }
    if (key !== undefined) {
      const shown = this.#unplaced.get(key);
      if (shown !== undefined && !shown.earlier && how === 'live') this.#mistake(`'${text}' came again with its place`);
      this.#unplaced.delete(key);
      if (this.#offsets.has(key)) this.#mistake(`'${text}' came twice: ${this.#offsets.get(key)} and ${how} ${offset}`);
      this.#offsets.set(key, offset);
    }
    const { epoch } = this.position;
    if (offset <= this.lastOffset) this.#mistake(`'${text}' (${how}) at ${offset} came behind ${this.lastOffset}`);
    this.said.push({ epoch, offset, text, key });
    this.position = { epoch, offset: Math.max(offset, this.lastOffset) };
  }

  /** Puts it where it belongs, among what has come before it. */
  #insert(key: string, text: string, offset: number): void {
    const { epoch } = this.position!;
    const before = this.said.findLastIndex((one) => one === gap || one.epoch !== epoch || one.offset < offset);
    this.said.splice(before + 1, 0, { epoch, offset, text, key });
    this.#offsets.set(key, offset);
  }

  #mistake(what: string): void {
    // One that repeats itself says nothing more.
    if (this.mistakes.length < 20) this.mistakes.push(`${this.#room}: ${what}`);
  }
}
