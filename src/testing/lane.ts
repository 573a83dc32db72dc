import type { Duplex } from 'node:stream';
import { realTime } from './real-time';

/**
 * What is under way at most before the writer has to wait, in bytes: a system has such a buffer for each socket. Less than any
 * system has, so that a stalled reader is noticed soon.
 */
const capacity = 16 * 1024;

/** What arrives at once at most: as node:net reads. */
const largestChunk = 64 * 1024;

/**
 * One direction of a link in memory. What is written comes out an iteration of the event loop later, as from a network;
 * while the reader's buffer is full, or the lane is stalled, it waits, and in the end the writer with it.
 */
export class Lane {
  chunkSize = largestChunk;
  /** What is written next comes out twice. */
  duplicatesNext = false;
  private isStalled = false;
  private readonly underWay: Buffer[] = [];
  private size = 0;
  /** The reader has as much as it wants for now. */
  private isFull = false;
  private isEnded = false;
  private isScheduled = false;
  /** The writer waits for this call. */
  private written: (() => void) | null = null;

  /** @param reader where it comes out */
  constructor(private readonly reader: () => Duplex) {}

  /** Calls back when there is room for more. */
  write(bytes: Buffer, callback: () => void): void {
    const times = this.duplicatesNext ? 2 : 1;
    this.duplicatesNext = false;
    for (let i = 0; i < times; i++) {
      // A copy, as a network makes one: the writer may use its memory again, and the reader change it.
      this.underWay.push(Buffer.from(bytes));
      this.size += bytes.length;
    }
    this.written = callback;
    this.tellWriter();
    this.moveSoon();
  }

  /** The writer is done, or gone: what is under way still comes out, then the end. */
  end(): void {
    this.isEnded = true;
    this.tellWriter();
    this.moveSoon();
  }

  /** The reader has read, or is gone. */
  readerWantsMore(): void {
    this.isFull = false;
    if (this.size > 0) this.moveSoon();
  }

  stall(): void {
    this.isStalled = true;
  }

  resume(): void {
    this.isStalled = false;
    this.moveSoon();
  }

  private moveSoon(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    realTime.setImmediate(() => {
      this.isScheduled = false;
      this.move();
    });
  }

  private move(): void {
    const reader = this.reader();
    if (reader.destroyed) {
      this.underWay.length = 0;
      this.size = 0;
    }
    while (!this.isStalled && !this.isFull && this.size > 0) this.deliver(reader);
    if (this.size > 0) return;
    if (this.isEnded && !this.isStalled && !reader.destroyed) reader.push(null);
    this.tellWriter();
  }

  private deliver(reader: Duplex): void {
    const [first = Buffer.alloc(0)] = this.underWay;
    const chunk = first.subarray(0, this.chunkSize);
    if (chunk.length === first.length) this.underWay.shift();
    else this.underWay[0] = first.subarray(chunk.length);
    this.size -= chunk.length;
    this.isFull = !reader.push(chunk) && !reader.destroyed;
    this.tellWriter();
  }

  private tellWriter(): void {
    const { written } = this;
    if (written === null || (this.size > capacity && !this.isEnded)) return;
    this.written = null;
    written();
  }
}
