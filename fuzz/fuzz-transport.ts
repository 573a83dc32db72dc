import { Duplex } from 'node:stream';

/** A transport whose peer is a script: what is written is kept, and can be held up; what is pushed is read. */
export class FuzzTransport extends Duplex {
  readonly written: Buffer[] = [];
  /** Whether the end of what is written was told. */
  finished = false;
  private blocked = false;
  private held: (() => void) | null = null;

  constructor(highWaterMark: number) {
    super({ readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark });
  }

  /** From now on, or no longer, the peer reads nothing. */
  block(blocked: boolean): void {
    this.blocked = blocked;
    if (blocked) return;
    const { held } = this;
    this.held = null;
    held?.();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const done = () => {
      this.written.push(Buffer.from(chunk));
      callback();
    };
    if (this.blocked) this.held = done;
    else done();
  }

  override _final(callback: () => void): void {
    this.finished = true;
    callback();
  }
}
