import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Standard output, which may be a pipe that is read slowly. */
export class Output {
  constructor(private readonly stream: Writable = process.stdout) {}

  /** Writes, and waits while the reader is behind: whoever waits for this reads no more from its own peer. */
  async write(data: string | Uint8Array): Promise<void> {
    this.stream.write(data);
    await this.ready();
  }

  /** Resolves when the reader has caught up. */
  async ready(): Promise<void> {
    if (this.stream.writableNeedDrain) await once(this.stream, 'drain');
  }
}
