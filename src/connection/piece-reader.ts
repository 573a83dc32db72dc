import { ConnectionClosedError, InvalidStateError } from '../protocol/errors';
import type { MessageDecoder } from '../protocol/message-decoder';
import { tooBig } from '../protocol/message-limits';
import { checkInteger, refuseUnknownOptions } from '../protocol/options';
import type { Message } from './inbox';
import { PieceReading } from './piece-reading';

export interface PiecesOptions {
  /**
   * Bytes that the message may have; `maxMessageSize` of the connection does not count, `maxFragments` does. It
   * protects no memory, as none is used, but whatever the pieces go to. Default 1 GiB.
   */
  maxMessageSize?: number;
}

const defaultLimit = 1024 * 1024 * 1024;

/**
 * The limit that the options of `pieces()` say.
 *
 * @throws InvalidOptionError
 */
export function checkPiecesOptions(options: PiecesOptions): number {
  refuseUnknownOptions('pieces()', options, ['maxMessageSize']);
  const { maxMessageSize = defaultLimit } = options;
  checkInteger('maxMessageSize', maxMessageSize, { min: 1 });
  return maxMessageSize;
}

interface PieceReaderOwner {
  takeWaiting(): Message | undefined;
  readonly closedBeforePieces: ConnectionClosedError | null;
  piecesMoved(): void;
  receivedViolation(error: Error): void;
}

/** Says which message of a connection is read in pieces, and by whom: one at a time. */
export class PieceReader {
  /** Whoever called `pieces()` will call it again, so that what comes meanwhile must not be dropped. */
  isUsed = false;
  private current: PieceReading | null = null;
  /** Asked for while the rest of a message that its reader left is still coming. */
  private following: PieceReading | null = null;

  constructor(
    private readonly decoder: MessageDecoder,
    private readonly owner: PieceReaderOwner,
  ) {}

  /** The message in progress, or the next one, is to be read in pieces. */
  get isAwaited(): boolean {
    return this.current?.isComing === true || this.following !== null;
  }

  /** Enough waits for a slow reader. */
  get isFull(): boolean {
    return this.current?.isFull === true;
  }

  read(limit: number): PieceReading {
    this.refuseInterruption('pieces()');
    this.isUsed = true;
    const reading = new PieceReading(limit, this);
    if (this.current?.isDiscarding && this.owner.closedBeforePieces === null) {
      this.following = reading;
    } else {
      this.current = reading;
      this.begin(reading);
    }
    return reading;
  }

  /** @throws InvalidStateError while somebody reads a message in pieces */
  refuseInterruption(caller: string): void {
    if (!this.current?.isOpen && this.following === null) return;
    throw new InvalidStateError(
      `${caller} cannot take the next message: one is being read by pieces(), and has to be read to its end, or left, before`,
    );
  }

  private begin(reading: PieceReading): void {
    const whole = this.owner.takeWaiting();
    const closed = this.owner.closedBeforePieces;
    if (whole !== undefined) {
      const size = Buffer.byteLength(whole);
      if (size <= reading.limit) reading.put(whole, true);
      else this.owner.receivedViolation(tooBig(size, reading.limit, 'the maxMessageSize of pieces()'));
    } else if (closed !== null) {
      reading.fail(closed);
    } else {
      this.decoder.readPieces(reading.limit);
    }
    this.owner.piecesMoved();
  }

  /** Takes a message that came whole, if it is the one to be read in pieces. */
  takeWhole(message: Message): boolean {
    if (!this.current?.isWaiting) return false;
    this.put(message, true);
    return true;
  }

  put(piece: Message, isLast: boolean): void {
    const { current } = this;
    if (current === null) return;
    current.put(piece, isLast);
    if (!isLast || this.following === null) return;
    this.current = this.following;
    this.following = null;
    this.begin(this.current);
  }

  /** There is no room for the rest of the message, and the connection closes. */
  abandon(): void {
    const message = 'pieces(): the connection closes, and there was no room for the rest of the message';
    this.current?.fail(new ConnectionClosedError(message));
  }

  connectionClosed(): void {
    const closed = this.owner.closedBeforePieces;
    if (closed === null) return;
    this.current?.fail(closed);
    this.following?.fail(closed);
  }

  /** The handler is done; only a reader that is under way will come back. */
  handlerDone(): void {
    if (!this.current?.isOpen && this.following === null) this.isUsed = false;
  }

  /** A piece was taken. */
  taken(): void {
    this.owner.piecesMoved();
  }

  /** The reader wants no more. */
  left(reading: PieceReading): void {
    if (reading === this.following) {
      this.following = null;
    } else if (reading === this.current && !reading.isDiscarding) {
      // A message that has not begun is left to others; of one that has, some may be lost to them already.
      if (this.decoder.readWhole()) this.current = null;
      else reading.discard();
    }
    this.owner.piecesMoved();
  }
}
