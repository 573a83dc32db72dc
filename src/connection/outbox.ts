import { frameHeaderSize, framePayloadSize, maxHeaderSize, writeFrameHeader } from '../protocol/frame-header';
import { frameBound, writeFrame } from '../protocol/frame-writer';
import type { MaskingKey } from '../protocol/mask';
import { Opcode } from '../protocol/opcode';
import { finalText } from '../protocol/short-messages';
import { HeldBack, type Turn } from './held-back';
import { commit, reserve, slabPosition } from './slab';
import { longestShortText } from './text-batch';
import { largeRange, type SendCallback, WriteQueue } from './write-queue';

/** A server copies up to so many bytes of binary messages; of texts above it the length is measured before they get room. */
const largestCopy = 32 * 1024;

/**
 * What a connection has to send, as frames: it encodes them, and keeps to it that nothing but control frames comes between
 * the fragments of a message.
 */
export class Outbox extends WriteQueue {
  /** A fragment was sent and its message has not ended: other messages must not come between (RFC 6455, 5.4). */
  midMessage = false;
  /** The message that `sendPieces()` is sending. */
  private turn: Turn | null = null;
  private heldBack: HeldBack | null = null;

  /** Bytes that wait here and in the transport. */
  get amount(): number {
    return this.writing + this.heldBackLength;
  }

  /** Bytes of messages that wait for the end of one in fragments. */
  get heldBackLength(): number {
    return this.heldBack === null ? 0 : this.heldBack.length;
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
   * @param size bytes of the payload for the application, where it is encoded already
   */
  appendData(opcode: number, fin: boolean, payload: string | Uint8Array, key?: MaskingKey, size?: number): void {
    if (this.turn === null) {
      this.appendFragment(opcode, fin, payload, key, size);
      return;
    }
    const encoded = this.holdBack().encode(0x80 | opcode, payload, key);
    this.count(true, size ?? encoded);
  }

  /** Encodes a fragment of the message whose turn it is. */
  appendFragment(opcode: number, fin: boolean, payload: string | Uint8Array, key?: MaskingKey, size?: number): void {
    const first = (fin ? 0x80 : 0) | (this.midMessage ? Opcode.Continuation : opcode);
    this.midMessage = !fin;
    const encoded = this.encode(first, payload, key);
    this.count(fin, size ?? encoded);
    if (fin) this.endTurn();
  }

  private count(fin: boolean, size: number): void {
    const { counters } = this.owner;
    if (fin) counters.messagesSent++;
    counters.bytesSent += size;
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

  /**
   * Adds whole, encoded messages that continue, in the same buffer, what waits to be written anyway: what is true of that
   * is true of them.
   *
   * @returns false where there is more to think of
   */
  extendShared(buffer: Buffer, start: number, end: number): boolean {
    return !this.midMessage && this.turn === null && this.extend(buffer, start, end);
  }

  /** Adds whole, encoded messages by reference. The bytes must stay as they are for good. */
  addShared(buffer: Buffer, start: number, end: number): void {
    if (this.midMessage || this.turn !== null) this.holdBack().addFrame(Buffer.from(buffer.subarray(start, end)));
    else this.add(buffer, start, end);
  }

  /**
   * Calls back when all messages that were sent so far are written: also those that are held back behind
   * `sendPieces()`.
   */
  whenMessagesWritten(callback: SendCallback): void {
    if (this.turn === null || this.heldBack === null) this.whenWritten(callback);
    else this.heldBack.addCallback(callback);
  }

  /**
   * Drops what waits; its callbacks get the error. What the transport holds already is not touched.
   *
   * @param when calls back: at once, or when the caller is done, who may be in the midst of sending to many
   */
  drop(reason: () => Error, when: (tell: () => void) => void = (tell) => tell()): void {
    const { turn, heldBack } = this;
    const callbacks = this.clear();
    this.turn = null;
    this.heldBack = null;
    when(() => {
      if (callbacks.length > 0) this.call(callbacks, reason());
      turn?.cancel();
      if (heldBack !== null) this.call(heldBack.cancel(), reason());
    });
  }

  private holdBack(): HeldBack {
    this.heldBack ??= new HeldBack();
    return this.heldBack;
  }

  /** @returns the bytes of the payload, without those of a short text that is still to be encoded with others */
  private encode(first: number, payload: string | Uint8Array, key?: MaskingKey): number {
    if (first === finalText && key === undefined && typeof payload === 'string' && payload.length <= longestShortText) {
      this.addText(payload);
      return 0;
    }
    if (typeof payload !== 'string' && key === undefined && payload.byteLength > largestCopy) {
      const { byteLength } = payload;
      const header = Buffer.allocUnsafe(frameHeaderSize(byteLength, false));
      writeFrameHeader(header, 0, first, byteLength);
      this.add(header, 0, header.length, Buffer.from(payload.buffer, payload.byteOffset, byteLength));
      return byteLength;
    }
    let size = frameBound(payload);
    // The bound is for the worst text. The writer places the header as for ASCII and moves what turns out longer by 8 bytes at most.
    if (size > largestCopy) size = maxHeaderSize + Buffer.byteLength(payload);
    if (size > largeRange) {
      const buffer = Buffer.allocUnsafeSlow(size);
      const end = writeFrame(buffer, 0, first, payload, key);
      this.add(buffer, 0, end);
      return framePayloadSize(end, key !== undefined);
    }
    const slab = reserve(size);
    const start = slabPosition();
    const end = writeFrame(slab, start, first, payload, key);
    commit(end);
    this.add(slab, start, end);
    return framePayloadSize(end - start, key !== undefined);
  }
}
