import { handled } from './handled';
import { capacity, type Message, weightOf } from './inbox';

interface PieceReadingOwner {
  taken(): void;
  left(reading: PieceReading): void;
}

interface Waiter {
  resolve(result: IteratorResult<Message, undefined>): void;
  reject(error: Error): void;
}

const finished: IteratorResult<Message, undefined> = { done: true, value: undefined };

/** One message that is read in pieces: those that have come and were not taken yet, or those who wait for one. */
export class PieceReading implements AsyncIterableIterator<Message> {
  private readonly pieces: Message[] = [];
  private size = 0;
  private readonly waiters: Waiter[] = [];
  private hasBegun = false;
  private isComplete = false;
  private wasLeft = false;
  private error: Error | null = null;
  private failed = false;

  /** @param limit bytes that the message may have */
  constructor(
    readonly limit: number,
    private readonly owner: PieceReadingOwner,
  ) {}

  /** Nothing of the message has come. */
  get isWaiting(): boolean {
    return !this.hasBegun && !this.wasLeft && !this.failed;
  }

  /** The message has not come to its end. */
  get isComing(): boolean {
    return this.isWaiting || (this.hasBegun && !this.isComplete);
  }

  /** There is, or will be, more to read. */
  get isOpen(): boolean {
    return !this.wasLeft && !this.failed && !(this.isComplete && this.pieces.length === 0);
  }

  get isFull(): boolean {
    return this.size >= capacity;
  }

  /** Its reader left, and the rest of it is still coming. */
  get isDiscarding(): boolean {
    return (this.wasLeft || this.failed) && this.hasBegun && !this.isComplete;
  }

  put(piece: Message, isLast: boolean): void {
    const isFirst = !this.hasBegun;
    this.hasBegun = true;
    this.isComplete = isLast;
    if (this.wasLeft || this.failed) return;
    if (piece.length > 0 || (isFirst && isLast)) {
      const waiter = this.waiters.shift();
      if (waiter !== undefined) waiter.resolve({ done: false, value: piece });
      else {
        this.pieces.push(piece);
        this.size += weightOf(piece);
      }
    }
    if (isLast) for (const waiter of this.waiters.splice(0)) waiter.resolve(finished);
  }

  /** Its reader left, and the message has begun, though nothing of it could be handed over yet. */
  discard(): void {
    this.hasBegun = true;
  }

  /** The rest of the message will not come; what has come is read before. */
  fail(error: Error): void {
    if (this.isComplete || this.wasLeft || this.failed) return;
    this.failed = true;
    const [first, ...others] = this.waiters.splice(0);
    if (first === undefined) this.error = error;
    else first.reject(error);
    for (const waiter of others) waiter.resolve(finished);
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const piece = this.pieces.shift();
    if (piece !== undefined) {
      this.size -= weightOf(piece);
      this.owner.taken();
      return Promise.resolve({ done: false, value: piece });
    }
    const { error } = this;
    this.error = null;
    if (error !== null) return handled(Promise.reject(error));
    if (this.isComplete || this.wasLeft || this.failed) return Promise.resolve(finished);
    return handled(new Promise((resolve, reject) => this.waiters.push({ resolve, reject })));
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    if (this.isOpen) {
      this.wasLeft = true;
      this.pieces.length = 0;
      this.size = 0;
      for (const waiter of this.waiters.splice(0)) waiter.resolve(finished);
      this.owner.left(this);
    }
    return Promise.resolve(finished);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
