import { type ConnectionClosedError, InvalidOptionError } from '../protocol/errors';
import type { MessageExtension } from '../protocol/extension';
import type { MaskingKey } from '../protocol/mask';
import { Opcode } from '../protocol/opcode';
import { checkBoolean, describe, refuseUnknownOptions } from '../protocol/options';
import type { Turn } from './held-back';
import type { Outbox } from './outbox';
import { type Payload, toPayload } from './payload';

/** Where `sendPieces()` takes the pieces from: an array, a generator, a Node stream, a web stream. */
export type PieceSource = Iterable<Payload> | AsyncIterable<Payload>;

export interface SendPiecesOptions {
  /**
   * Send as binary message, or as text. Default: strings are text, bytes are binary, and no pieces at all are an empty
   * text.
   */
  binary?: boolean;
  /**
   * False to send it as it is where messages are compressed. Default true: compressed if the first piece is not below the
   * threshold.
   */
  compress?: boolean;
}

interface PieceSendingOwner {
  readonly outbox: Outbox;
  readonly highWaterMark: number;
  /** Whether a frame can be sent now. */
  accepts(): boolean;
  maskingKey(): MaskingKey | undefined;
  readonly extension: MessageExtension | null;
  closedError(): ConnectionClosedError;
  /** The message cannot be ended as it should have been. */
  fail(cause: unknown): void;
}

interface PieceIterator {
  next(): unknown;
  return?(): unknown;
}

/** One message on its way in fragments, one for each piece of a source. */
export class PieceSending implements Turn {
  private readonly iterator: PieceIterator;
  private readonly binary: boolean | undefined;
  private readonly compress: boolean;
  /** Whether the pieces are strings; the first one says. */
  private ofStrings: boolean | undefined;
  /** The first half of a surrogate pair that two pieces share. */
  private half = '';
  private hasSent = false;
  private isClosed = false;
  private sourceFailed = false;
  private onBegin: () => void = () => {};
  private onClosed: (error: Error) => void = () => {};

  /** @throws InvalidOptionError for a source that is none, or an option that cannot be */
  constructor(
    source: PieceSource,
    options: SendPiecesOptions,
    private readonly owner: PieceSendingOwner,
  ) {
    refuseUnknownOptions('sendPieces()', options, ['binary', 'compress']);
    const { binary, compress = true } = options;
    if (binary !== undefined) checkBoolean('binary', binary);
    checkBoolean('compress', compress);
    this.binary = binary;
    this.compress = compress;
    this.iterator = iteratorOf(source);
  }

  /** Sends the message; resolves when its last fragment is under way. */
  async run(): Promise<void> {
    try {
      await this.itsTurn();
      for (;;) {
        const { done, value } = (await this.orClosed(() => this.nextStep())) as IteratorResult<unknown>;
        if (done) break;
        this.sendPiece(value);
        if (this.owner.outbox.writing > this.owner.highWaterMark) await this.orClosed(() => this.written());
      }
      // Only now it is known that the last piece was the last: it was not held back for that.
      this.sendFragment(this.half, true);
    } catch (error) {
      if (!this.sourceFailed) this.leaveSource();
      if (this.isClosed) throw this.owner.closedError();
      if (this.hasSent) this.owner.fail(error);
      else this.owner.outbox.endTurn();
      throw error;
    }
  }

  begin(): void {
    this.onBegin();
  }

  cancel(): void {
    this.isClosed = true;
    this.onClosed(this.owner.closedError());
  }

  private itsTurn(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onBegin = resolve;
      this.onClosed = reject;
      if (this.owner.accepts()) this.owner.outbox.takeTurn(this);
      else this.cancel();
    });
  }

  /** What the call resolves with, unless the connection is closed before. */
  private orClosed<Result>(call: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.onClosed = reject;
      if (this.isClosed) reject(this.owner.closedError());
      else call().then(resolve, reject);
    });
  }

  private async nextStep(): Promise<unknown> {
    try {
      return await this.iterator.next();
    } catch (error) {
      this.sourceFailed = true;
      throw error;
    }
  }

  private written(): Promise<void> {
    return new Promise((resolve) => this.owner.outbox.whenWritten(() => resolve()));
  }

  private sendPiece(piece: unknown): void {
    const payload = toPayload(piece, 'sendPieces()');
    const isString = typeof payload === 'string';
    this.ofStrings ??= isString;
    if (isString !== this.ofStrings) {
      const [earlier, later] = isString ? ['bytes', 'a string'] : ['strings', 'bytes'];
      throw new InvalidOptionError(
        `The pieces of a message must be all strings or all bytes; sendPieces() got ${later} behind ${earlier}`,
        { code: 'INVALID_PAYLOAD' },
      );
    }
    const part = isString ? this.wholeCharacters(payload) : payload;
    if (part.length > 0) this.sendFragment(part, false);
  }

  private wholeCharacters(piece: string): string {
    const text = this.half + piece;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    this.half = isHalf ? text.slice(-1) : '';
    return isHalf ? text.slice(0, -1) : text;
  }

  private sendFragment(payload: string | Uint8Array, isLast: boolean): void {
    if (!this.owner.accepts()) {
      this.isClosed = true;
      throw this.owner.closedError();
    }
    const { outbox, extension } = this.owner;
    const isBinary = this.binary ?? this.ofStrings === false;
    const opcode = isBinary ? Opcode.Binary : Opcode.Text;
    const encoded = extension === null ? null : extension.encode(payload, isLast, this.compress);
    const bits = encoded === null ? 0 : extension!.reservedBits;
    this.hasSent = true;
    const size = encoded === null ? undefined : Buffer.byteLength(payload);
    outbox.appendFragment(opcode | bits, isLast, encoded ?? payload, this.owner.maskingKey(), size);
  }

  /** Whatever the source holds open can be closed. */
  private leaveSource(): void {
    const leave = async () => this.iterator.return?.();
    // What goes wrong in there changes nothing: the message has failed already.
    leave().catch(() => {});
  }
}

function iteratorOf(source: unknown): PieceIterator {
  if (typeof source === 'object' && source !== null && !ArrayBuffer.isView(source)) {
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = source as Record<symbol, unknown>;
    const make = asynchronous ?? synchronous;
    if (typeof make === 'function') return make.call(source) as PieceIterator;
  }
  const isPayload = typeof source === 'string' || ArrayBuffer.isView(source);
  throw new InvalidOptionError(
    `sendPieces() takes an iterable or async iterable of pieces, as an array, a generator or a stream, not ${describe(source)}` +
      (isPayload ? '; send() sends a whole message' : ''),
    { code: 'INVALID_PAYLOAD' },
  );
}
