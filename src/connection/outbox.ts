import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { frameHeaderSize, maxHeaderSize, writeFrameHeader } from '../protocol/frame-header';
import { frameBound, writeFrame } from '../protocol/frame-writer';
import type { MaskingKey } from '../protocol/mask';
import { Opcode } from '../protocol/opcode';
import { flushAtEndOfIteration } from './flush-queue';
import { HeldBack, type Turn } from './held-back';
import { commit, release, reserve, slabPosition } from './slab';

/** Called when a message has been handed to the operating system, or with the error that kept it from that. */
export type SendCallback = (error?: Error | null) => void;

/** Frames of up to this many bytes are encoded into the slab; larger ones get a buffer of their own, or none. */
const slabFrame = 32 * 1024;

/** More than this is not held back for the end of the iteration, in bytes. */
const flushFrom = 64 * 1024;

/**
 * Several ranges of together up to this many bytes are copied for one write, which costs less than a vector of them.
 */
const gatherUpTo = 16 * 1024;

interface Range {
  buffer: Buffer;
  start: number;
  end: number;
}

interface OutboxOwner {
  outboxDrained(): void;
  failWith(error: unknown): void;
}

/**
 * The bytes that a connection has to send, in order, as ranges of buffers that it shares with others. System calls are
 * what messages cost: so there is one write for everything that is said while a chunk that was read is handled, or else
 * in one iteration of the event loop, and none while the transport is full.
 */
export class Outbox {
  /** Bytes that wait here; see `amount` for those of the transport, too. */
  length = 0;
  private earlier: Range[] | null = null;
  private buffer: Buffer | null = null;
  private start = 0;
  private end = 0;
  /** A fragment was sent and its message has not ended: other messages must not come between (RFC 6455, 5.4). */
  midMessage = false;
  /** The message that `sendPieces()` is sending. */
  private turn: Turn | null = null;
  private heldBack: HeldBack | null = null;
  private callbacks: SendCallback[] | null = null;
  private scheduled = false;
  private corked = false;
  private ending = false;
  private watching = false;
  private readonly reusable: boolean;

  /**
   * @param highWaterMark bytes; above it the outbox watches for `lowWaterMark`
   * @param owner told when it is down to `lowWaterMark` again, and what a callback throws
   */
  constructor(
    private readonly transport: Duplex,
    private readonly marks: { highWaterMark: number; lowWaterMark: number },
    private readonly owner: OutboxOwner,
  ) {
    // A socket has passed the bytes on when its write is done; who knows how long another stream still reads them.
    this.reusable = transport instanceof Socket;
  }

  /** Bytes that wait here and in the transport. */
  get amount(): number {
    return this.length + this.heldBackLength + this.transport.writableLength;
  }

  /** Bytes of messages that wait for the end of one in fragments. */
  get heldBackLength(): number {
    return this.heldBack === null ? 0 : this.heldBack.length;
  }

  /** Of all that waits, the bytes that will be written without anybody doing more. */
  get writing(): number {
    return this.length + this.transport.writableLength;
  }

  /**
   * The bytes that whoever sends messages has to wait for. What is held back behind fragments of `send()` is not among
   * them: who sends these must not wait for it, because only the last fragment lets it go.
   */
  get unwritten(): number {
    return this.writing + (this.turn === null ? 0 : this.heldBackLength);
  }

  /** `sendPieces()` is sending a message. */
  get hasTurn(): boolean {
    return this.turn !== null;
  }

  /** Encodes a control frame behind what waits already. */
  appendControl(opcode: number, payload: Uint8Array, key?: MaskingKey): void {
    this.encode(0x80 | opcode, payload, key);
  }

  /**
   * Encodes a message, or a fragment of one, behind what waits already. Binary payloads above 32 KiB are not copied by
   * a server: they must not be changed.
   *
   * @param opcode with the RSV bits of a message's first frame
   */
  appendData(opcode: number, fin: boolean, payload: string | Uint8Array, key?: MaskingKey): void {
    if (this.turn === null) this.appendFragment(opcode, fin, payload, key);
    else this.holdBack().encode(0x80 | opcode, payload, key);
  }

  /** Encodes a fragment of the message whose turn it is. */
  appendFragment(opcode: number, fin: boolean, payload: string | Uint8Array, key?: MaskingKey): void {
    const first = (fin ? 0x80 : 0) | (this.midMessage ? Opcode.Continuation : opcode);
    this.midMessage = !fin;
    this.encode(first, payload, key);
    if (fin) this.endTurn();
  }

  /** Lets somebody send a message in fragments: at once, or when it is behind the messages that were sent before. */
  takeTurn(turn: Turn): void {
    if (this.midMessage || this.turn !== null) {
      this.holdBack().addTurn(turn);
      return;
    }
    this.turn = turn;
    turn.begin();
  }

  /** The message in fragments has ended, or was given up before its first: what waits behind it may go. */
  endTurn(): void {
    this.turn = null;
    const { heldBack } = this;
    if (heldBack === null) return;
    this.heldBack = null;
    this.watching = true;
    const next = heldBack.release(
      (frame) => this.add(frame, 0, frame.length),
      (callback) => this.whenWritten(callback),
    );
    if (next === null) return;
    if (!heldBack.isEmpty) this.heldBack = heldBack;
    this.turn = next;
    next.begin();
  }

  /** Adds whole, encoded messages by reference. The bytes must stay as they are for good. */
  addShared(buffer: Buffer, start: number, end: number): void {
    if (this.midMessage || this.turn !== null) this.holdBack().addFrame(Buffer.from(buffer.subarray(start, end)));
    else this.add(buffer, start, end);
  }

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

  /**
   * Calls back when all messages that were sent so far are written: also those that are held back behind
   * `sendPieces()`.
   */
  whenMessagesWritten(callback: SendCallback): void {
    if (this.turn === null || this.heldBack === null) this.whenWritten(callback);
    else this.heldBack.addCallback(callback);
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
    this.write();
    if (this.length > 0) this.schedule();
  }

  /** Writes what waits, unless the transport is full. */
  flush(): void {
    this.scheduled = false;
    this.write();
    if (this.length > 0) this.keepApart();
  }

  /** Ends the transport once everything is written. */
  finish(): void {
    this.ending = true;
    this.write();
  }

  /**
   * Drops what waits; its callbacks get the error. What the transport holds already is not touched.
   *
   * @param when calls back: at once, or when the caller is done, who may be in the midst of sending to many
   */
  drop(reason: () => Error, when: (tell: () => void) => void = (tell) => tell()): void {
    const { callbacks, turn, heldBack } = this;
    this.earlier = null;
    this.buffer = null;
    this.length = 0;
    this.turn = null;
    this.heldBack = null;
    this.callbacks = null;
    when(() => {
      if (callbacks !== null) this.call(callbacks, reason());
      turn?.cancel();
      if (heldBack !== null) this.call(heldBack.cancel(), reason());
    });
  }

  private holdBack(): HeldBack {
    this.heldBack ??= new HeldBack();
    return this.heldBack;
  }

  private encode(first: number, payload: string | Uint8Array, key?: MaskingKey): void {
    const bound = frameBound(payload);
    if (bound <= slabFrame) {
      const slab = reserve(bound);
      const start = slabPosition();
      const end = writeFrame(slab, start, first, payload, key);
      commit(end);
      this.add(slab, start, end);
    } else if (typeof payload !== 'string' && key === undefined) {
      const header = Buffer.allocUnsafe(frameHeaderSize(payload.length, false));
      writeFrameHeader(header, 0, first, payload.length);
      // A header that is written while its payload waits would make the payload one that cannot be dropped.
      const { corked } = this;
      this.corked = true;
      this.add(header, 0, header.length);
      this.corked = corked;
      this.add(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), 0, payload.byteLength);
    } else {
      // The writer places the header as for ASCII and moves the text when it turns out longer: never by more than 8 bytes.
      const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
      const buffer = Buffer.allocUnsafeSlow(length + maxHeaderSize);
      this.add(buffer, 0, writeFrame(buffer, 0, first, payload, key));
    }
  }

  /** Adds bytes by reference; where they continue the last ones in the same buffer, they become one range with them. */
  private add(buffer: Buffer, start: number, end: number): void {
    if (this.buffer === buffer && this.end === start) {
      this.end = end;
    } else {
      if (this.buffer !== null) {
        this.earlier ??= [];
        this.earlier.push({ buffer: this.buffer, start: this.start, end: this.end });
      }
      this.buffer = buffer;
      this.start = start;
      this.end = end;
    }
    this.length += end - start;
    if (this.length > this.marks.highWaterMark || this.transport.writableLength > 0) this.watching = true;
    if (this.corked) return;
    if (this.length >= flushFrom) this.write();
    if (this.length > 0 && !this.scheduled) this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    flushAtEndOfIteration(this);
  }

  private write(): void {
    const { transport } = this;
    if (transport.writableNeedDrain || !transport.writable) return;
    if (this.length > 0) {
      const callback = this.watching || this.callbacks !== null ? this.written() : undefined;
      if (this.earlier === null) this.writeRange(this.buffer!, this.start, this.end, callback);
      else this.writeRanges(this.earlier, callback);
    }
    if (this.ending && this.length === 0) transport.end();
  }

  private writeRange(buffer: Buffer, start: number, end: number, callback?: SendCallback): void {
    const { transport } = this;
    this.buffer = null;
    this.length = 0;
    if (transport.writableLength > 0 && end - start <= gatherUpTo) {
      // The peer is slow, and the transport may keep this for long.
      transport.write(copyOf([{ buffer, start, end }], end - start), callback);
      release(buffer, start, end);
      return;
    }
    transport.write(buffer.subarray(start, end), callback);
    if (this.reusable && transport.writableLength === 0) release(buffer, start, end);
  }

  private writeRanges(ranges: Range[], callback?: SendCallback): void {
    ranges.push({ buffer: this.buffer!, start: this.start, end: this.end });
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

  /**
   * For a peer that is slow: small ranges move to memory of their own, so that a few bytes that wait for long do not
   * keep alive the buffers that they share with everybody else's. Each byte is copied a few times at most.
   */
  private keepApart(): void {
    const kept: Range[] = [];
    let run: Range[] = [];
    let size = 0;
    const closeRun = () => {
      if (run.length === 0) return;
      for (let last = kept.at(-1); last && last.end - last.start <= Math.min(size, gatherUpTo); last = kept.at(-1)) {
        run.unshift(last);
        size += last.end - last.start;
        kept.pop();
      }
      kept.push({ buffer: copyOf(run, size), start: 0, end: size });
      run = [];
      size = 0;
    };
    for (const range of [...(this.earlier ?? []), { buffer: this.buffer!, start: this.start, end: this.end }]) {
      const length = range.end - range.start;
      if (length >= slabFrame || length * 2 >= range.buffer.buffer.byteLength) {
        closeRun();
        kept.push(range);
      } else {
        run.push(range);
        size += length;
      }
    }
    closeRun();
    const last = kept.pop()!;
    this.buffer = last.buffer;
    this.start = last.start;
    this.end = last.end;
    this.earlier = kept.length > 0 ? kept : null;
  }

  private call(callbacks: SendCallback[], error?: Error | null): void {
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
    return (error) => {
      if (callbacks !== null) this.call(callbacks, error);
      if (error || !this.watching || this.unwritten > this.marks.lowWaterMark) return;
      this.watching = false;
      this.owner.outboxDrained();
    };
  }
}

/** The ranges, one behind the other, in memory that nobody else has a part of. */
function copyOf(ranges: Range[], size: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const { buffer, start, end } of ranges) at += buffer.copy(copy, at, start, end);
  return copy;
}
