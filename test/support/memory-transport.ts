import { Duplex } from 'node:stream';

/** One end of a transport in memory: what is written to one comes out of the other, at once and uncopied. */
class MemoryTransport extends Duplex {
  peer: MemoryTransport | null = null;
  private waiting: (() => void) | null = null;

  constructor() {
    // As in Node 20; later ones hold four times as much, and a test's stalled peer would stall later.
    super({ highWaterMark: 16 * 1024 });
  }

  override _read(): void {
    const waiting = this.peer?.waiting;
    if (!waiting || this.peer === null) return;
    this.peer.waiting = null;
    waiting();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    // The other end's buffer being full is this end's backpressure. A copy, as a network makes one.
    if (this.peer === null || this.peer.destroyed || this.peer.push(Buffer.from(chunk))) callback();
    else this.waiting = callback;
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.peer?.push(null);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { peer } = this;
    // Nobody reads any more: what the other end still writes goes nowhere, but it must not wait for ever.
    if (peer !== null) this._read();
    const { waiting } = this;
    this.waiting = null;
    waiting?.();
    this.peer = null;
    // Ended in order, the other end may still have something to read; otherwise the cable is cut.
    if (peer !== null && !this.writableFinished) process.nextTick(() => peer.destroy());
    callback(error);
  }
}

/** Two ends of a transport without a network: for tests, and for talking to a server in the same process. */
export function createTransportPair(): [Duplex, Duplex] {
  const one = new MemoryTransport();
  const other = new MemoryTransport();
  one.peer = other;
  other.peer = one;
  return [one, other];
}
