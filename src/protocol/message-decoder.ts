import { readClosePayload } from './close-payload';
import type { DecoderSink } from './decoder-sink';
import { type MessageTooBigError, OverloadError, ProtocolError, WebSocketError } from './errors';
import type { MessageExtension } from './extension';
import { FrameHeader, readFrameHeader } from './frame-header';
import { applyMask } from './mask';
import { MessageBuffer } from './message-buffer';
import { type DecoderLimits, encodedLimit, longestText, tooBig, tooManyFragments } from './message-limits';
import { invalidText, readText } from './message-text';
import { isControl, Opcode, opcodeName } from './opcode';
import { ownCopy, ownSlice, pooledCopy } from './own-bytes';
import { PieceDecoder } from './piece-decoder';
import type { Role } from './role';
import {
  finalBinary,
  finalText,
  isShortMessage,
  readShortBinary,
  shortMessageEnd,
  shortMessageStart,
  unmaskShortTexts,
} from './short-messages';
import { decodeAscii } from './utf8';

const noBytes = Buffer.alloc(0);

/**
 * Bytes in, messages out: the receiving half of RFC 6455 as a value without I/O. Feed it chunks as they come; it hands
 * whole messages and control frames to its sink, one after the other, and can be told to stop between any two of them.
 * Masked payloads are unmasked in place, so a chunk is changed; nothing of a chunk is kept, so it can be used again.
 */
export class MessageDecoder {
  /** Bytes that have come but are not decoded: part of a header or control frame, or what waits while paused. */
  private rest: Buffer | null = null;
  private state: 'open' | 'paused' | 'ended' = 'open';
  private running = false;

  /** The message in progress: the opcode of its first frame, or 0 when there is none. */
  private messageOpcode = 0;
  private messageRsv = 0;
  private fragments = 0;
  private message: MessageBuffer | null = null;
  /** Not null when the message in progress, or the next one, is to be handed over in pieces. */
  private pieces: PieceDecoder | null = null;
  /** What a message may have, in bytes, to be taken the fast way; -1 where none may be. */
  private shortLimit: number;

  /** The data frame in progress: what of its payload is still to come. */
  private inFrame = false;
  private frameFin = false;
  private frameKey = 0;
  private frameMasked = false;
  private frameDone = 0;
  private frameLeft = 0;

  constructor(
    private readonly role: Role,
    private readonly limits: DecoderLimits,
    private readonly sink: DecoderSink,
    private readonly extension: MessageExtension | null = null,
  ) {
    this.shortLimit = this.usualShortLimit;
  }

  /** Decodes what a transport has read: the first `length` bytes of a chunk. */
  write(chunk: Buffer, length = chunk.length): void {
    if (this.state === 'ended') return;
    const { rest } = this;
    // A sink that writes from inside a call keeps the order: the outer call finds the bytes when it is back.
    if (rest === null && !this.running && this.state === 'open') {
      this.run(chunk, length, false);
      return;
    }
    this.rest = rest === null ? ownCopy(chunk, 0, length) : Buffer.concat([rest, chunk.subarray(0, length)]);
    this.runRest();
  }

  /** Stops after the message that is being handed over; what follows is kept. */
  pause(): void {
    if (this.state === 'open') this.state = 'paused';
  }

  /** Goes on with what was kept. */
  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'open';
    this.runRest();
  }

  /**
   * Hands over one message in pieces, as its bytes come: the one in progress, from what has come of it on, or else the
   * next. Behind it messages are whole again.
   *
   * @param limit bytes that it may have, in place of `maxMessageSize`; one that has to be inflated is limited by both
   */
  readPieces(limit: number): void {
    if (this.state === 'ended') return;
    const pieces = new PieceDecoder(limit);
    this.pieces = pieces;
    this.shortLimit = -1;
    if (this.messageOpcode === 0 || this.messageRsv !== 0) return;
    const begun = this.message === null ? noBytes : this.message.take();
    this.message = null;
    pieces.length = begun.length + (this.inFrame ? this.frameLeft : 0);
    if (pieces.length > limit) {
      const error = this.tooLarge(pieces.length);
      this.end();
      this.sink.receivedViolation(error);
      return;
    }
    // Of text there may be nothing yet but the beginning of a character.
    const piece = this.messageOpcode === Opcode.Binary ? begun : pieces.text(begun, false);
    if (piece.length > 0) this.sink.receivedPiece!(piece, false);
  }

  /**
   * Takes `readPieces` back.
   *
   * @returns false where the message has begun: then the rest of it comes in pieces
   */
  readWhole(): boolean {
    if (this.messageOpcode !== 0 && this.inPieces) return false;
    this.endPieces();
    return true;
  }

  /** Drops everything kept and ignores what is still written. */
  end(): void {
    this.state = 'ended';
    this.rest = null;
    this.message?.take();
    this.message = null;
  }

  private runRest(): void {
    const { rest } = this;
    if (rest === null || this.running || this.state !== 'open') return;
    this.rest = null;
    this.run(rest, rest.length, true);
  }

  /** @param isOwn the input is ours: what is left of it need not be copied */
  private run(first: Buffer, length: number, isOwn: boolean): void {
    this.running = true;
    let input: Buffer | null = first;
    let end = length;
    try {
      while (input !== null) {
        const at = this.decode(input, end);
        const late: Buffer | null = this.rest;
        this.rest = null;
        if (this.state === 'ended') break;
        if (late !== null) {
          input = Buffer.concat([input.subarray(at, end), late]);
          end = input.length;
          isOwn = true;
          continue;
        }
        if (at < end) {
          // A few bytes must not keep a whole buffer alive.
          this.rest = isOwn && this.state === 'paused' ? input.subarray(at, end) : ownCopy(input, at, end);
        }
        input = null;
      }
    } catch (error) {
      this.end();
      // What else comes from here was thrown by the sink: a mistake on our side, for which the peer is not failed.
      if (!(error instanceof OverloadError || (error instanceof WebSocketError && error.fault === 'peer'))) throw error;
      this.sink.receivedViolation(error);
    } finally {
      this.running = false;
    }
  }

  /** Decodes frames until the input ends, or the sink wants no more; returns the index of the first byte not used. */
  private decode(input: Buffer, end: number): number {
    let at = 0;
    while (at < end && this.state === 'open') {
      if (this.inFrame) {
        at = this.takePayload(input, at, end);
        continue;
      }
      // The common case first: short messages, each in one frame.
      const next = this.messageOpcode === 0 ? this.shortMessages(input, at, end) : at;
      if (next > at) {
        at = next;
        continue;
      }
      const header = sharedHeader;
      const reserved = this.extension === null ? 0 : this.extension.reservedBits;
      if (!readFrameHeader(header, input, at, end, this.role, reserved)) break;
      if (isControl(header.opcode)) {
        const start = at + header.size;
        const next = start + header.length;
        if (next > end) break;
        at = next;
        if (header.masked) applyMask(input, start, next, header.key);
        this.controlFrame(header.opcode, input.subarray(start, next));
      } else {
        if (!this.beginDataFrame(header)) break;
        at += header.size;
        if (this.frameFin && this.fragments === 1 && end - at >= this.frameLeft) at = this.wholeMessage(input, at);
        else if (this.frameLeft === 0) this.endDataFrame();
      }
    }
    return at;
  }

  /** Takes short messages that lie behind each other; returns the index behind those that were wanted. */
  private shortMessages(input: Buffer, from: number, end: number): number {
    const first = input[from];
    if (first === finalText) {
      const next = unmaskShortTexts(input, from, end, this.shortLimit);
      if (next > from) return this.shortTexts(input, from, next);
    }
    if ((first !== finalText && first !== finalBinary) || !isShortMessage(input, from, end, this.shortLimit))
      return from;
    const next = shortMessageEnd(input, from);
    const start = shortMessageStart(from);
    if (first === finalBinary) this.sink.receivedMessage(readShortBinary(input, from), true, next - start);
    else this.sink.receivedMessage(readText(input, start, next), false, next - start);
    return next;
  }

  /** Hands over messages that `unmaskShortTexts` has prepared. */
  private shortTexts(input: Buffer, from: number, end: number): number {
    let at = from;
    let next = shortMessageEnd(input, at);
    if (next === end) {
      const start = shortMessageStart(at);
      this.sink.receivedMessage(decodeAscii(input, start, next), false, next - start);
      return next;
    }
    // One string for all, headers included, that each is a part of: a string for each would cost as much as its decoding.
    const all = decodeAscii(input, from, end);
    do {
      next = shortMessageEnd(input, at);
      const start = shortMessageStart(at);
      this.sink.receivedMessage(all.substring(start - from, next - from), false, next - start);
      at = next;
    } while (at < end && this.state === 'open' && this.shortLimit >= 0);
    return at;
  }

  private controlFrame(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.Ping) this.sink.receivedPing(Buffer.from(payload));
    else if (opcode === Opcode.Pong) this.sink.receivedPong(Buffer.from(payload));
    else {
      const close = readClosePayload(payload);
      this.end();
      this.sink.receivedClose(close);
    }
  }

  /**
   * Checks what a data frame's header says against the message in progress and the limits, before any payload is kept.
   * False when the frame has to wait.
   */
  private beginDataFrame(header: FrameHeader): boolean {
    const { opcode, length, rsv } = header;
    if (opcode === Opcode.Continuation) {
      // 5.4: a continuation goes on with a message that a text or binary frame began.
      if (this.messageOpcode === 0) {
        throw new ProtocolError('A continuation frame came without a message to continue', {
          code: 'UNEXPECTED_CONTINUATION',
        });
      }
      // RFC 7692, 6.1: only the first frame of a message is marked.
      if (rsv !== 0) throw new ProtocolError('A continuation frame has a reserved bit set', { code: 'RESERVED_BITS' });
    } else {
      // 5.4: the fragments of one message MUST NOT be interleaved with another's.
      if (this.messageOpcode !== 0) {
        throw new ProtocolError(`A new ${opcodeName(opcode)} message began before the one in fragments had ended`, {
          code: 'INTERLEAVED_MESSAGE',
        });
      }
      this.messageOpcode = opcode;
      this.messageRsv = rsv;
    }
    const { maxFragments } = this.limits;
    const size = length + this.messageLength;
    if (size > this.sizeLimit && (this.messageRsv === 0 || size > encodedLimit(this.sizeLimit, this.fragments))) {
      if (this.pieces !== null || this.messageRsv !== 0 || !this.sink.receivedTooLarge?.()) throw this.tooLarge(size);
      this.pause();
      if (opcode !== Opcode.Continuation) this.reset();
      return false;
    }
    if (++this.fragments > maxFragments) throw tooManyFragments(maxFragments);
    this.inFrame = true;
    this.frameFin = header.fin;
    this.frameMasked = header.masked;
    this.frameKey = header.key;
    this.frameDone = 0;
    this.frameLeft = length;
    if (this.inPieces) this.pieces!.length = size;
    return true;
  }

  /** A message in one frame, whole in one chunk: unmasked where it lies, and not collected. */
  private wholeMessage(input: Buffer, start: number): number {
    const next = start + this.frameLeft;
    if (this.frameMasked) applyMask(input, start, next, this.frameKey);
    if (this.messageRsv !== 0) {
      this.deliver(input.subarray(start, next));
      return next;
    }
    const isBinary = this.messageOpcode === Opcode.Binary;
    const data = isBinary ? pooledCopy(input, start, next) : readText(input, start, next);
    this.reset();
    this.sink.receivedMessage(data, isBinary, next - start);
    return next;
  }

  /** Unmasks what has come of the frame's payload into the message. */
  private takePayload(input: Buffer, at: number, end: number): number {
    const count = Math.min(this.frameLeft, end - at);
    const left = this.frameLeft - count;
    if (this.inPieces) {
      if (this.frameMasked) applyMask(input, at, at + count, this.frameKey, this.frameDone);
      this.frameDone += count;
      this.frameLeft = left;
      this.handPiece(input.subarray(at, at + count));
      return at + count;
    }
    this.message ??= new MessageBuffer(this.limits.maxIncompleteBytes);
    const from = this.message.append(input, at, at + count, this.frameFin ? left : -1);
    if (this.frameMasked) this.message.unmask(from, this.frameKey, this.frameDone);
    if (this.messageOpcode === Opcode.Text && this.messageRsv === 0 && !this.message.isUtf8SoFar()) throw invalidText();
    this.frameDone += count;
    this.frameLeft = left;
    if (left === 0) this.endDataFrame();
    return at + count;
  }

  private endDataFrame(): void {
    if (this.inPieces) {
      this.handPiece(noBytes);
      return;
    }
    this.inFrame = false;
    if (!this.frameFin) return;
    this.deliver(this.message === null ? Buffer.alloc(0) : this.message.take());
  }

  /** Hands over what has come of a frame. */
  private handPiece(bytes: Buffer): void {
    const ends = this.frameLeft === 0;
    const isLast = ends && this.frameFin;
    const isBinary = this.messageOpcode === Opcode.Binary;
    const piece = isBinary ? pooledCopy(bytes, 0, bytes.length) : this.pieces!.text(bytes, isLast);
    if (ends) this.inFrame = false;
    if (isLast) this.reset();
    if (piece.length > 0 || isLast) this.sink.receivedPiece!(piece, isLast);
  }

  /** Hands over a message that has come in fragments, or through an extension. */
  private deliver(payload: Buffer): void {
    const isBinary = this.messageOpcode === Opcode.Binary;
    const encoded = this.messageRsv !== 0;
    const limit = this.sizeLimit;
    this.reset();
    const data = encoded && this.extension !== null ? this.extension.decode(payload, limit) : payload;
    const { length } = data;
    this.sink.receivedMessage(isBinary ? ownSlice(data, 0, length) : readText(data, 0, length), isBinary, length);
  }

  /**
   * Bytes that the message in progress may have: for text, no more than a string can hold, whatever the option allows.
   */
  private get sizeLimit(): number {
    if (this.inPieces) return this.pieces!.limit;
    const { maxMessageSize } = this.limits;
    const limit = this.pieces === null ? maxMessageSize : Math.min(maxMessageSize, this.pieces.limit);
    return this.messageOpcode === Opcode.Text && limit > longestText ? longestText : limit;
  }

  /** The message in progress is handed over in pieces; one that has to be inflated is not. */
  private get inPieces(): boolean {
    return this.pieces !== null && this.messageRsv === 0;
  }

  /** Payload bytes of the message in progress, up to the end of its last frame so far. */
  private get messageLength(): number {
    if (this.inPieces) return this.pieces!.length;
    return this.message === null ? 0 : this.message.length;
  }

  private get usualShortLimit(): number {
    return this.role === 'server' ? Math.min(125, this.limits.maxMessageSize) : -1;
  }

  private tooLarge(size: number): MessageTooBigError {
    const limit = this.sizeLimit;
    const option = limit === this.pieces?.limit ? 'the maxMessageSize of pieces()' : 'maxMessageSize';
    return tooBig(size, limit, limit < this.limits.maxMessageSize && this.pieces === null ? 'a string can be' : option);
  }

  private reset(): void {
    this.messageOpcode = 0;
    this.messageRsv = 0;
    this.fragments = 0;
    this.message = null;
    this.inFrame = false;
    if (this.pieces !== null) this.endPieces();
  }

  private endPieces(): void {
    this.pieces = null;
    this.shortLimit = this.usualShortLimit;
  }
}

/** Headers are read and used up between two calls of a sink, so that one serves every connection. */
const sharedHeader = new FrameHeader();
