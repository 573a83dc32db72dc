/** What a message costs in memory beside its bytes, roughly: so that a queue of empty ones has an end as well. */
const overhead = 64;

/** How much waits for a reader before reading from the transport stops, in bytes. */
export const capacity = 64 * 1024;

export type Message = string | Buffer;

/** What counts for the capacity. */
export function weightOf(message: Message): number {
  return message.length + overhead;
}

interface Waiter {
  resolve(message: Message | null): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Messages that have come and that nobody has taken yet, and those who wait for one: at most one of the two at a time.
 * Bounded: when it is full the connection reads no more, and the peer's messages wait in the kernel.
 */
export class Inbox {
  private readonly messages: Message[] = [];
  private taken = 0;
  private size = 0;
  private readonly waiters: Waiter[] = [];

  get isEmpty(): boolean {
    return this.taken === this.messages.length;
  }

  get isFull(): boolean {
    return this.size >= capacity;
  }

  /** True while somebody waits for the next message. */
  get isAwaited(): boolean {
    return this.waiters.length > 0;
  }

  put(message: Message): void {
    const waiter = this.waiters.shift();
    if (waiter === undefined) {
      this.messages.push(message);
      this.size += weightOf(message);
    } else {
      clearTimeout(waiter.timer);
      waiter.resolve(message);
    }
  }

  take(): Message | undefined {
    const message = this.messages[this.taken];
    if (message === undefined) return undefined;
    this.size -= weightOf(message);
    // What is taken must not stay in memory until those behind it are.
    this.messages[this.taken++] = '';
    // Taken from the front without moving the rest each time.
    if (this.isEmpty || this.taken === 1024) {
      this.messages.splice(0, this.taken);
      this.taken = 0;
    }
    return message;
  }

  /** The next message to come; null when `timeout` milliseconds are over before. */
  wait(timeout: number | undefined): Promise<Message | null> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, timer: undefined };
      this.waiters.push(waiter);
      if (timeout === undefined) return;
      waiter.timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        resolve(null);
      }, timeout);
    });
  }

  /** No message will come any more: those who wait are told why. */
  rejectWaiters(reason: () => Error): void {
    for (const waiter of this.waiters.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.reject(reason());
    }
  }

  /** Forgets the messages that nobody took. */
  clear(): void {
    this.messages.length = 0;
    this.taken = 0;
    this.size = 0;
  }
}
