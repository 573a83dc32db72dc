import { Duplex } from 'node:stream';

/** A transport that keeps every write apart, and whose writes can be held up: a peer that does not read. */
export class RecordingTransport extends Duplex {
  /** One entry for each call that would be a system call. */
  readonly writes: Buffer[] = [];
  /** Chunks of the last vector write, uncopied. */
  lastChunks: Buffer[] = [];
  finished = false;
  private blocked = false;
  private held: (() => void) | null = null;
  private failHeld: ((error: Error) => void) | null = null;

  constructor(options: { writableHighWaterMark?: number } = {}) {
    super(options);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.writes);
  }

  /** From now on no write is done. */
  block(): void {
    this.blocked = true;
  }

  unblock(): void {
    this.blocked = false;
    const held = this.held;
    this.held = null;
    held?.();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.accept([chunk], callback);
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, callback: (error?: Error | null) => void): void {
    this.accept(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: () => void): void {
    this.finished = true;
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // As sockets do: a write that is under way fails.
    const { failHeld } = this;
    this.held = null;
    this.failHeld = null;
    failHeld?.(new Error('The transport was destroyed'));
    callback(error);
  }

  private accept(chunks: Buffer[], callback: (error?: Error | null) => void): void {
    const done = () => {
      this.lastChunks = chunks;
      // A transport reads the bytes when it sends them, not when it is given them.
      this.writes.push(Buffer.concat(chunks));
      callback();
    };
    if (!this.blocked) {
      done();
      return;
    }
    this.held = done;
    this.failHeld = callback;
  }
}

/** One iteration of the event loop, with what the flush queue does at its end. */
export function iteration(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
