import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Counters } from '../diagnostics/counters';
import { isDebugging } from '../diagnostics/debug';
import { ConnectionClosedError } from '../protocol/errors';
import { flushAtEndOfIteration } from './flush-queue';
import { end, isHttp2Stream, underWay } from './http2-stream';
import { isPlainSocket } from './plain-socket';
import { copyOf, keepApart, type Range } from './range';
import { commit, release, reserve, slabPosition } from './slab';
import { textBatch } from './text-batch';

/** Called when a message has been handed to the operating system, or with the error that kept it from that. */
export type SendCallback = (error?: Error | null) => void;

/** Ranges of this many bytes stay in the buffer that they came in, however slow the peer is. */
export const largeRange = 128 * 1024;

/** More than this is not held back for the end of the iteration, in bytes. */
const flushFrom = 64 * 1024;

/** So much does not wait for the end of one iteration, in bytes: a loop that sends until it is told to stop must be told. */
const earlyAtMost = 1024 * 1024;

/**
 * Several ranges of together up to this many bytes are copied for one write, which costs less than a vector of them.
 */
const gatherUpTo = 16 * 1024;

interface QueueOwner {
  readonly counters: Counters;
  outboxDrained(): void;
  /** The transport takes no more, and is to be flushed to when it does. */
  transportFull(): void;
  transportDrain(): void;
  failWith(error: unknown): void;
}

/**
 * The bytes that a connection has to send, in order, as ranges of buffers that it shares with others. System calls are
 * what messages cost: so there is one write for everything that is said while a chunk that was read is handled, or else
 * in one iteration of the event loop, and none while the transport is full.
 */
export abstract class WriteQueue {
  /** Bytes that wait here; see `amount` for those of the transport, too. Exact behind `encodeTexts`. */
  length = 0;
  private earlier: Range[] | null = null;
  private buffer: Buffer | null = null;
  private start = 0;
  private end = 0;
  private callbacks: SendCallback[] | null = null;
  private scheduled = false;
  /** Bytes that did not wait for the end of this iteration. */
  private early = 0;
  private corked = false;
  private ending = false;
  /** When no more than `lowWaterMark` bytes wait, the owner is told. */
  protected watching = false;
  private readonly reusable: boolean;
  private readonly isPlain: boolean;
  private readonly isHttp2: boolean;
  /** Bytes written past the stream that the system has not taken yet. */
  private pastStream = 0;
  private whenTaken: SendCallback | null = null;
  private inWrite = false;

  /**
   * @param highWaterMark bytes; above it the outbox watches for `lowWaterMark`
   * @param owner told when it is down to `lowWaterMark` again, and what a callback throws
   */
  constructor(
    protected readonly transport: Duplex,
    protected readonly marks: { highWaterMark: number; lowWaterMark: number },
    protected readonly owner: QueueOwner,
  ) {
    // A socket has passed the bytes on when its write is done; who knows how long another stream still reads them.
    this.reusable = transport instanceof Socket;
    // What is written past the stream would not be seen.
    this.isPlain = !isDebugging && isPlainSocket(transport);
    this.isHttp2 = isHttp2Stream(transport);
  }

  /** Bytes that the transport has taken, and the system has not. */
  private get inTransport(): number {
    return this.transport.writableLength + this.pastStream;
  }

  /** Of all that waits, the bytes that will be written without anybody doing more. */
  get writing(): number {
    return this.length + this.inTransport;
  }

  /** The bytes that whoever sends messages has to wait for. */
  abstract readonly unwritten: number;

  /** Calls back when all that has been added so far is written. */
  whenWritten(callback: SendCallback): void {
    if (this.unwritten === 0) {
      this.callSoon(callback);
      return;
    }
    this.callbacks ??= [];
    this.callbacks.push(callback);
    // Behind the end nothing can be written, not even nothing: then `drop` calls back.
    if (this.length === 0 && this.transport.writable) this.transport.write('', this.written());
  }

  /** Tells the owner when no more than `lowWaterMark` bytes wait, as it does by itself for what goes beyond the marks. */
  watch(): void {
    this.watching = true;
    this.whenWritten(() => {});
  }

  /** Calls back, but not before the caller is done. */
  callSoon(callback: SendCallback, error?: Error): void {
    process.nextTick(() => this.call([callback], error));
  }

  /** Holds back what is added until `uncork`: while a chunk that was read is handled. */
  cork(): void {
    this.corked = true;
  }

  uncork(): void {
    this.corked = false;
    if (this.length === 0) return;
    // Each DATA frame of what was read comes alone, and a write for each would be most of what a message costs.
    if (!this.isHttp2 || this.length >= flushFrom) this.write();
    if (this.length > 0) this.schedule();
  }

  /** Writes what waits, unless the transport is full. */
  flush(): void {
    this.scheduled = false;
    this.early = 0;
    this.write();
    if (this.length > 0) this.keepApart();
  }

  /** Ends the transport once everything is written. */
  finish(): void {
    this.ending = true;
    this.write();
  }

  /** Drops what waits here; returns what is to be told. What the transport holds already is not touched. */
  protected clear(): SendCallback[] {
    const { callbacks } = this;
    if (textBatch.owner === this) textBatch.clear();
    this.earlier = null;
    this.buffer = null;
    this.length = 0;
    this.callbacks = null;
    return callbacks ?? [];
  }

  /** Adds a short text message of a server, to be encoded together with those that follow. */
  protected addText(text: string): void {
    textBatch.add(this, text);
    this.length += text.length + 2;
    if (textBatch.isFull) this.encodeTexts();
    this.added();
  }

  /** Encodes the short text messages that wait to be encoded together. */
  encodeTexts(): void {
    if (textBatch.owner !== this) return;
    this.length -= textBatch.length;
    const slab = reserve(textBatch.bound);
    const start = slabPosition();
    const end = textBatch.encode(slab, start);
    this.owner.counters.bytesSent += textBatch.encoded;
    commit(end);
    this.addRange(slab, start, end);
  }

  /**
   * Adds bytes that continue, in the same buffer, what waits to be written anyway.
   *
   * @returns false where there is more to think of
   */
  protected extend(buffer: Buffer, start: number, end: number): boolean {
    if (this.buffer !== buffer || this.end !== start || this.watching || textBatch.owner === this) return false;
    const length = this.length + end - start;
    if (length > this.marks.highWaterMark || length >= flushFrom) return false;
    this.end = end;
    this.length = length;
    return true;
  }

  /**
   * Adds bytes by reference.
   *
   * @param behind more of them: were the first written while these wait, these could not be dropped
   */
  protected add(buffer: Buffer, start: number, end: number, behind?: Buffer): void {
    this.encodeTexts();
    this.addRange(buffer, start, end);
    if (behind !== undefined) this.addRange(behind, 0, behind.length);
    this.added();
  }

  /** Where bytes continue the last ones in the same buffer, they become one range with them. */
  private addRange(buffer: Buffer, start: number, end: number): void {
    if (this.buffer === buffer && this.end === start) {
      this.end = end;
    } else {
      if (this.buffer !== null) {
        this.earlier ??= [];
        this.earlier.push(this.latest());
      }
      this.buffer = buffer;
      this.start = start;
      this.end = end;
    }
    this.length += end - start;
  }

  private added(): void {
    if (this.length > this.marks.highWaterMark || this.inTransport > 0) this.watching = true;
    if (this.corked) return;
    if (this.length >= flushFrom && this.early < earlyAtMost) {
      this.early += this.length;
      this.write();
    }
    if (!this.scheduled) this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    flushAtEndOfIteration(this);
  }

  private write(): void {
    const { transport } = this;
    this.encodeTexts();
    if (this.pastStream > 0 || !transport.writable) return;
    if (this.isHttp2 && this.length > underWay) this.writeBounded();
    else if (this.length > 0 && !transport.writableNeedDrain) {
      const callback = this.watching || this.callbacks !== null ? this.written() : undefined;
      if (this.earlier === null) this.writeRange(this.buffer!, this.start, this.end, callback);
      else this.writeRanges(this.earlier, callback);
    }
    if (this.ending && this.length === 0) end(transport);
    else if (transport.writableNeedDrain) this.owner.transportFull();
  }

  /** Writes as much as a stream of HTTP/2 should have under way at once, and the rest when it has gone. */
  private writeBounded(): void {
    const { transport } = this;
    const ranges = [...(this.earlier ?? []), this.latest()];
    while (this.length > 0 && !transport.writableNeedDrain) {
      const { buffer, start, end } = ranges[0]!;
      const stop = Math.min(end, start + underWay);
      if (stop === end) ranges.shift();
      else ranges[0] = { buffer, start: stop, end };
      this.length -= stop - start;
      transport.write(buffer.subarray(start, stop), this.length === 0 ? this.written() : undefined);
    }
    const last = ranges.pop();
    this.earlier = ranges.length > 0 ? ranges : null;
    this.buffer = last?.buffer ?? null;
    this.start = last?.start ?? 0;
    this.end = last?.end ?? 0;
  }

  private writeRange(buffer: Buffer, start: number, end: number, callback?: SendCallback): void {
    const { transport } = this;
    this.buffer = null;
    this.length = 0;
    const isIdle = transport.writableLength === 0;
    if (!isIdle && end - start <= gatherUpTo) {
      // The peer is slow, and the transport may keep this for long.
      transport.write(copyOf([{ buffer, start, end }], end - start), callback);
      release(buffer, start, end);
      return;
    }
    const bytes = buffer.subarray(start, end);
    if (isIdle && callback === undefined && this.isPlain) this.writePastStream(bytes);
    else transport.write(bytes, callback);
    if (this.reusable && this.inTransport === 0) release(buffer, start, end);
  }

  /**
   * Writes as a stream that has nothing else to write would, without its accounts, and without the tick in which it
   * would tell that it is done: they cost as much as decoding and encoding five short messages.
   */
  private writePastStream(bytes: Buffer): void {
    this.whenTaken ??= (error) => this.taken(error);
    this.pastStream = bytes.length;
    this.inWrite = true;
    this.transport._write(bytes, 'buffer' as BufferEncoding, this.whenTaken);
    this.inWrite = false;
  }

  /** What was written past the stream has been taken by the system: at once, nearly always. */
  private taken(error?: Error | null): void {
    this.pastStream = 0;
    if (error) this.transport.destroy(error);
    else if (!this.inWrite) {
      this.owner.transportDrain();
      if (this.length === 0 && this.watching) this.written()(null);
    }
  }

  private writeRanges(ranges: Range[], callback?: SendCallback): void {
    ranges.push(this.latest());
    this.earlier = null;
    if (this.length <= gatherUpTo) {
      const slab = reserve(this.length);
      const from = slabPosition();
      let at = from;
      for (const { buffer, start, end } of ranges) at += buffer.copy(slab, at, start, end);
      commit(at);
      this.writeRange(slab, from, at, callback);
      return;
    }
    this.buffer = null;
    this.length = 0;
    this.transport.cork();
    const last = ranges.length - 1;
    ranges.forEach(({ buffer, start, end }, index) => {
      this.transport.write(buffer.subarray(start, end), index === last ? callback : undefined);
    });
    this.transport.uncork();
  }

  private keepApart(): void {
    const kept = keepApart([...(this.earlier ?? []), this.latest()], largeRange, gatherUpTo);
    const last = kept.pop()!;
    this.buffer = last.buffer;
    this.start = last.start;
    this.end = last.end;
    this.earlier = kept.length > 0 ? kept : null;
  }

  private latest(): Range {
    return { buffer: this.buffer!, start: this.start, end: this.end };
  }

  protected call(callbacks: SendCallback[], error?: Error | null): void {
    for (const callback of callbacks) {
      try {
        callback(error);
      } catch (thrown) {
        this.owner.failWith(thrown);
      }
    }
  }

  /** What to do when the write that is about to be made is done. */
  private written(): SendCallback {
    const callbacks = this.callbacks;
    this.callbacks = null;
    return (given) => {
      // node:net says of what was under way when its socket was destroyed that it was written.
      const isCut = !given && this.transport.destroyed;
      const error = isCut ? new ConnectionClosedError('The connection was cut before this was written') : given;
      if (callbacks !== null) this.call(callbacks, error);
      if (error || !this.watching || this.unwritten > this.marks.lowWaterMark) return;
      this.watching = false;
      this.owner.outboxDrained();
    };
  }
}
