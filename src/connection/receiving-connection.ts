import { channels } from '../diagnostics/channels';
import { ConnectionClosedError, InvalidStateError } from '../protocol/errors';
import { checkMilliseconds, refuseUnknownOptions } from '../protocol/options';
import { ConnectionCore } from './connection-core';
import { handled } from './handled';
import { Inbox, type Message } from './inbox';
import { checkPiecesOptions, PieceReader, type PiecesOptions } from './piece-reader';
import { ReadyState } from './ready-state';

/** How much is inflated for one connection before others have their turn, in bytes. */
const effortAtOnce = 1024 * 1024;

/**
 * The receiving half of a connection: messages go to listeners, or wait in an inbox of 64 KiB for whoever takes them by
 * `receive()`, `messages()` or `pieces()`. When it is full nothing more is read, and the peer waits.
 */
export abstract class ReceivingConnection extends ConnectionCore {
  protected inbox: Inbox | null = null;
  /** Nobody may have had the time to listen yet: messages without a listener wait. */
  protected gated = true;
  /** `receive()`, `messages()` or `pieces()` take the messages. */
  protected pulled = false;
  /** How many loops over `messages()`, and streams, are under way. */
  protected loops = 0;
  protected pausedByUser = false;
  private deliveryDue = false;
  private pieceReader: PieceReader | null = null;
  /** A message is larger than `maxMessageSize`, and it is not known yet how it will be read. */
  private tooLargeWaits = false;
  /** While we closed, there was no room for a message. */
  private lost = false;
  /** What the extension had cost when it was last given the event loop for itself. */
  private effortSeen = 0;
  private resting = false;

  /** True while `pause()` is in force. */
  get isPaused(): boolean {
    return this.pausedByUser;
  }

  /** Stops reading: the peer's messages, pings and close wait until `resume()`. */
  pause(): void {
    this.pausedByUser = true;
    this.updateReading();
  }

  resume(): void {
    this.pausedByUser = false;
    this.updateReading();
    if (this.inbox !== null) this.deliverSoon();
  }

  /**
   * The next message; waits for it.
   *
   * @param options.timeout milliseconds after which null is returned. Default: waits for ever
   * @throws ConnectionClosedError when the connection is closed and no message is left;
   *   InvalidStateError while there are `'message'` listeners, which get the messages instead, or while one is read by
   *   `pieces()`; InvalidOptionError for a timeout that cannot be
   */
  receive(options?: { timeout?: number }): Promise<Message | null> {
    return handled(this.next(options));
  }

  private async next(options: { timeout?: number } = {}): Promise<Message | null> {
    refuseUnknownOptions('receive()', options, ['timeout']);
    if (options.timeout !== undefined) checkMilliseconds('timeout', options.timeout);
    if (this.listenerCount('message') > 0) throw listenersTakeThem('receive() and messages()');
    this.pieceReader?.refuseInterruption('receive()');
    this.pulled = true;
    this.inbox ??= new Inbox();
    const message = this.inbox.take();
    if (message !== undefined) {
      this.updateReading();
      return message;
    }
    if (this.state === ReadyState.Closed) throw this.closedError('receive()');
    const waiting = this.inbox.wait(options.timeout);
    // A message that is too large has waited for what is now known: that it is read whole.
    if (this.tooLargeWaits) this.updateReading();
    return waiting;
  }

  /**
   * All messages to come, for `for await`: the next is read when the loop comes round, so that a slow loop slows the
   * peer. Ends when the connection is closed in order. Loops that run at the same time share the messages: each goes to one.
   *
   * @throws ConnectionClosedError when it ended otherwise, or when there was no room for messages that came after our
   *   `close()`
   */
  async *messages(): AsyncGenerator<Message, void, undefined> {
    this.beginLoop();
    try {
      for (;;) {
        const message = await this.receive();
        if (message !== null) yield message;
      }
    } catch (error) {
      if (!(error instanceof ConnectionClosedError && this.endedInOrder)) throw error;
    } finally {
      this.endLoop();
    }
  }

  /** Somebody will come back for every message. @internal */
  beginLoop(): void {
    this.loops++;
    this.pulled = true;
    this.inbox ??= new Inbox();
  }

  /** @internal */
  endLoop(): void {
    this.loops--;
    if (!this.isAwaited) this.pulled = false;
    if (!this.gated) this.deliverSoon();
  }

  /** Closed, both sides have said goodbye, and no message was lost. @internal */
  get endedInOrder(): boolean {
    return this.isClean && !this.lost;
  }

  /** Messages wait that nobody has taken. @internal */
  get hasWaiting(): boolean {
    return this.inbox !== null && !this.inbox.isEmpty;
  }

  /**
   * The next message, piece by piece as it comes, for `for await`: strings, cut between two characters, of a text
   * message, Buffers of a binary one. An empty message is one empty piece. No more than about 64 KiB wait for a slow
   * reader, then the peer waits; so a message can be read that is larger than memory, and larger than the connection's
   * `maxMessageSize`.
   *
   * The message is claimed by the call, not by the first round of the loop. While a handler runs and nobody listens, a
   * message that is too large for `maxMessageSize` waits for it, and so does the peer; once `pieces()` was called, also
   * between two calls. Leaving the loop early discards what is left of the message, without keeping it. What has come
   * whole already, or has to be inflated whole (within `maxMessageSize`), is one piece.
   *
   * @param options.maxMessageSize bytes that this message may have. Default 1 GiB. A larger one fails the connection
   *   with 1009
   * @throws InvalidStateError while there are `'message'` listeners, `receive()` waits, or a message is read by
   *   `pieces()` already; InvalidOptionError for a limit that cannot be. The iterator rejects with
   *   ConnectionClosedError when the connection is closed before the message was complete, or before one began
   */
  pieces(options: PiecesOptions = {}): AsyncIterableIterator<Message> {
    const limit = checkPiecesOptions(options);
    if (this.listenerCount('message') > 0) throw listenersTakeThem('pieces()');
    if (this.inbox?.isAwaited) {
      throw new InvalidStateError('pieces() cannot take the next message: a receive() is waiting for it');
    }
    this.pulled = true;
    this.inbox ??= new Inbox();
    this.pieceReader ??= new PieceReader(this.decoder, this);
    return this.pieceReader.read(limit);
  }

  // What the decoder hands over

  /** @internal */
  receivedMessage(data: Message, isBinary: boolean, size: number): void {
    if (this.intake !== null && !this.intake.message(size, this.extension?.effort)) return;
    const { counters } = this;
    counters.messagesReceived++;
    counters.bytesReceived += size;
    if (channels.message.hasSubscribers && !this.masks) channels.message.publish({ socket: this, data, isBinary });
    if (this.extension !== null && this.extension.effort - this.effortSeen > effortAtOnce) this.rest();
    if (this.inbox === null) {
      try {
        if (this.emitMessage(data, isBinary)) return;
      } catch (error) {
        this.failWith(error);
        return;
      }
      if (!this.gated) return;
      this.inbox = new Inbox();
    }
    if (this.pieceReader?.takeWhole(data)) return;
    // While we close, what nobody takes must not keep the peer's close frame from being read. Behind a gap nothing is kept.
    if (this.state !== ReadyState.Open && (this.lost || this.inbox.isFull)) {
      this.lost = true;
      return;
    }
    this.inbox.put(data);
    if (this.inbox.isFull) {
      // The handler is done and no loop comes back for them: a `receive()` long ago must not keep the end from being seen.
      if (!this.gated && !this.isAwaited) this.pulled = false;
      this.updateReading();
      if (!this.pulled) this.deliverSoon();
    }
    if (this.listenerCount('message') > 0) this.deliverSoon();
  }

  /** @internal */
  receivedPiece(data: Message, isLast: boolean): void {
    if (this.intake !== null && !this.intake.piece(isLast)) return;
    if (isLast) this.counters.messagesReceived++;
    this.counters.bytesReceived += Buffer.byteLength(data);
    const reader = this.pieceReader!;
    if (this.state !== ReadyState.Open && reader.isFull) reader.abandon();
    reader.put(data, isLast);
    if (reader.isFull) this.updateReading();
  }

  /** @internal */
  receivedTooLarge(): boolean {
    if (!this.isUndecided) return false;
    this.tooLargeWaits = true;
    this.inbox ??= new Inbox();
    this.updateReading();
    return true;
  }

  /** The application may still call `pieces()` for the next message, and nobody has asked for it whole. */
  private get isUndecided(): boolean {
    if (this.state !== ReadyState.Open || !(this.gated || this.isAwaited)) return false;
    return this.listenerCount('message') === 0 && !this.inbox?.isAwaited && !this.pieceReader?.isAwaited;
  }

  /** Lets others have the event loop: a few compressed bytes can be the work of many milliseconds. */
  private rest(): void {
    this.resting = true;
    this.updateReading();
    setImmediate(() => {
      this.effortSeen = this.extension!.effort;
      this.resting = false;
      this.updateReading();
    });
  }

  // The gate

  /** Somebody comes back for messages, and must find them, though the handler is done. */
  private get isAwaited(): boolean {
    return this.loops > 0 || this.pieceReader?.isUsed === true;
  }

  /** The handler is done: from now on a message that nobody listens for is dropped. @internal */
  openGate(): void {
    this.gated = false;
    this.pieceReader?.handlerDone();
    if ((this.inbox?.isFull || this.tooLargeWaits) && !this.isAwaited) this.pulled = false;
    this.deliverSoon();
  }

  protected override listening(): void {
    if (this.inbox !== null || this.closeEventDue) this.deliverSoon();
  }

  protected override deliverEnd(): void {
    // Behind the messages that somebody has just begun to listen for.
    if (this.inbox !== null) this.deliverSoon();
    else if (!this.gated || this.listenerCount('close') > 0) this.emitClose();
  }

  /** Delivers what waits, when whoever is listening now has had the time to listen to everything. */
  protected deliverSoon(): void {
    if (this.deliveryDue || (this.inbox === null && !this.closeEventDue)) return;
    this.deliveryDue = true;
    process.nextTick(() => this.deliver());
  }

  private deliver(): void {
    this.deliveryDue = false;
    const { inbox } = this;
    if (inbox !== null && !this.pausedByUser) {
      while (!inbox.isEmpty && !this.pausedByUser && this.listenerCount('message') > 0) {
        const message = inbox.take()!;
        try {
          this.emitMessage(message, typeof message !== 'string');
        } catch (error) {
          this.failWith(error);
        }
      }
      const isListened = this.listenerCount('message') > 0;
      if (!isListened && !this.pulled && !this.gated) inbox.clear();
      const isTaken = inbox.isAwaited || this.pieceReader?.isAwaited || this.tooLargeWaits;
      if (inbox.isEmpty && !isTaken && (isListened || !this.pulled)) this.inbox = null;
      this.updateReading();
    }
    if (this.closeEventDue && (!this.gated || this.listenerCount('close') > 0)) this.emitClose();
  }

  /** Nothing is read because nobody takes what has come. */
  protected get isStalled(): boolean {
    if (this.state !== ReadyState.Open) return false;
    return this.inbox?.isFull === true || this.pieceReader?.isFull === true || (this.tooLargeWaits && this.isUndecided);
  }

  protected override updateReading(): void {
    const reading = !this.pausedByUser && !this.resting && !this.isStalled && this.intake?.isDelayed !== true;
    if (reading === this.reading) return;
    this.reading = reading;
    this.intake?.readingChanged();
    if (reading) {
      this.tooLargeWaits = false;
      this.outbox.cork();
      try {
        this.decoder.resume();
      } finally {
        this.outbox.uncork();
      }
      if (this.reading) this.transport.resume();
    } else {
      this.decoder.pause();
      this.transport.pause();
    }
  }

  protected override forgetReceived(): void {
    this.inbox?.clear();
  }

  protected override rejectReceivers(): void {
    this.inbox?.rejectWaiters(() => this.closedError('receive()'));
    this.pieceReader?.connectionClosed();
  }

  /** For the reader of pieces: a message that has come whole. @internal */
  takeWaiting(): Message | undefined {
    return this.inbox?.take();
  }

  /** Pieces were taken, or asked for. @internal */
  piecesMoved(): void {
    this.updateReading();
  }

  /** Why there will be no more pieces; null while the connection is not closed. @internal */
  get closedBeforePieces(): ConnectionClosedError | null {
    return this.state === ReadyState.Closed ? this.closedError('pieces()') : null;
  }
}

function listenersTakeThem(caller: string): InvalidStateError {
  const get = caller.includes(' and ') ? 'get' : 'gets';
  return new InvalidStateError(`${caller} ${get} nothing while there are 'message' listeners: use one or the other`);
}
