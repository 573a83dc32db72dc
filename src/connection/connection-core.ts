import type { Duplex } from 'node:stream';
import { type Counters, uncounted } from '../diagnostics/counters';
import { isDebugging } from '../diagnostics/debug';
import { watchFrames } from '../diagnostics/watch-frames';
import { CloseCode } from '../protocol/close-code';
import { type ClosePayload, encodeClosePayload, fitCloseReason } from '../protocol/close-payload';
import { ConnectionClosedError, PolicyError, TimeoutError, type WebSocketError } from '../protocol/errors';
import type { MessageExtension, SharedEncoding, SharedMessage } from '../protocol/extension';
import { framePayloadSize } from '../protocol/frame-header';
import { freshMaskingKey } from '../protocol/mask';
import { MessageDecoder } from '../protocol/message-decoder';
import { Opcode } from '../protocol/opcode';
import { describe } from '../protocol/options';
import { ClosureRecord } from './closure';
import { ConnectionEvents } from './connection-events';
import { Heartbeat } from './heartbeat';
import { cut, isOwnCut, lossOf, watchStream } from './http2-stream';
import type { Message } from './inbox';
import { Intake } from './intake';
import type { ConnectionInit, ResolvedConnectionOptions } from './options';
import { Outbox } from './outbox';
import type { PendingPings } from './pending-pings';
import { Pongs } from './pongs';
import { ReadyState } from './ready-state';
import { attachTransport, awaitDrain } from './transport';
import type { SendCallback } from './write-queue';

/**
 * The machine inside a connection: between the transport, the decoder and the outbox, with the heartbeat and the
 * closing handshake. How messages wait and are taken is in `ReceivingConnection`; what else applications call, in
 * `WebSocketConnection`.
 */
export abstract class ConnectionCore extends ConnectionEvents {
  protected state: ReadyState = ReadyState.Open;
  protected needsDrain = false;
  protected pings: PendingPings | null = null;
  protected readonly outbox: Outbox;
  /** We are the client, and mask what we send: frames of ours cannot be shared with others. @internal */
  override readonly masks: boolean;
  /** @internal */
  readonly counters: Counters;
  protected readonly transport: Duplex;
  protected readonly options: ResolvedConnectionOptions;
  protected readonly extension: MessageExtension | null;
  protected readonly decoder: MessageDecoder;
  private closure: ClosureRecord | null = null;
  private closeTimer: NodeJS.Timeout | undefined;
  /** The connection is closed, and nobody has been told by `'close'`. */
  protected closeEventDue = false;
  private closeListeners: Array<(connection: never) => void> | null = null;
  private drainListeners: Array<() => void> | null = null;
  protected reading = true;
  private heard = false;
  private pongs: Pongs | null = null;
  /** Pings of ours that may still be answered. */
  private owedPongs = 0;
  /** Null where nothing is asked of the peer. */
  protected intake: Intake | null;

  constructor(transport: Duplex, init: ConnectionInit) {
    super();
    const { options } = init;
    this.transport = transport;
    this.options = options;
    this.masks = init.role === 'client';
    this.counters = init.counters ?? uncounted;
    this.counters.opened++;
    this.extension = init.extension ?? null;
    if (isDebugging) watchFrames(transport, this, init.role, () => this.record.describe());
    this.decoder = new MessageDecoder(init.role, options, this, this.extension);
    this.intake = Intake.of(options, this);
    this.outbox = new Outbox(transport, options, this);
    if (init.head !== undefined && init.head.length > 0) transport.unshift(init.head);
    watchStream(transport);
    attachTransport(transport, this);
    if (options.pingInterval !== false) Heartbeat.of(options.pingInterval, options.pongTimeout).add(this);
    // What has happened already is not told again.
    if (transport.destroyed) process.nextTick(() => this.transportClose());
    else if (transport.readableEnded) process.nextTick(() => this.transportEnd());
    this.intake?.awaitFirst();
  }

  /** Takes what the application threw while it handled an event. */
  protected abstract report(error: unknown): void;

  /** @internal */
  abstract receivedMessage(data: Message, isBinary: boolean, size: number): void;

  /** Reads, or stops reading, as things are now. */
  protected abstract updateReading(): void;

  /** Forgets the messages that nobody took. */
  protected abstract forgetReceived(): void;

  /** The connection is closed: whoever waits for a message is told. */
  protected abstract rejectReceivers(): void;

  /** Emits `'close'` behind the messages that wait. */
  protected abstract deliverEnd(): void;

  /** How the connection ends, as far as it is known. Made when the end begins. */
  protected get record(): ClosureRecord {
    this.closure ??= new ClosureRecord();
    return this.closure;
  }

  /** Both sides have said goodbye, and nothing went wrong. @internal */
  get isClean(): boolean {
    return this.closure?.isClean === true;
  }

  /** @internal */
  closedError(caller: string): ConnectionClosedError {
    const message = `${caller}: the connection is closed: ${this.record.describe()}`;
    return new ConnectionClosedError(message, this.record.cause ? { cause: this.record.cause } : {});
  }

  // Sending

  protected sendControl(opcode: number, payload: Uint8Array): void {
    if (opcode === Opcode.Ping) this.owedPongs++;
    this.outbox.appendControl(opcode, payload, this.masks ? freshMaskingKey() : undefined);
  }

  /**
   * Sends frames of ours that are encoded already, as those of a room are: by reference, so that many connections can
   * share one buffer; its bytes must not be changed any more.
   *
   * @param message what `shared` made the frame of, if it did
   * @returns false when the connection is not open, or more than `highWaterMark` bytes wait
   * @internal
   */
  sendShared(buffer: Buffer, start: number, end: number, message?: SharedMessage): boolean {
    const isExtended = this.state === ReadyState.Open && this.outbox.extendShared(buffer, start, end);
    if (!isExtended && !this.accepts()) return false;
    if (!isExtended) this.outbox.addShared(buffer, start, end);
    const { counters } = this;
    counters.messagesSent++;
    counters.bytesSent += message === undefined ? framePayloadSize(end - start, false) : message.size;
    if (message !== undefined) this.extension?.sentShared(message);
    return isExtended || this.belowHighWaterMark();
  }

  /** What encodes for this connection and others at once. @internal */
  get shared(): SharedEncoding | null {
    return this.extension === null || this.outbox.hasTurn ? null : this.extension.shared;
  }

  /** Whether a message can be sent now; if not, the callback is told. A slow consumer is found out here. */
  protected accepts(callback?: SendCallback): boolean {
    if (this.state === ReadyState.Open) {
      const { maxBufferedAmount } = this.options;
      if (this.outbox.amount <= maxBufferedAmount) return true;
      // While a chunk is handled nothing was written: the peer has not had the chance to take it.
      this.outbox.flush();
      if (this.outbox.amount <= maxBufferedAmount) return true;
      this.failSlowConsumer();
    }
    if (callback !== undefined) this.outbox.callSoon(callback, this.closedError('send()'));
    return false;
  }

  protected belowHighWaterMark(): boolean {
    if (this.outbox.unwritten <= this.options.highWaterMark) return true;
    this.needsDrain = true;
    return false;
  }

  /** More than `highWaterMark` waits, though all has been written that the transport takes. @internal */
  get isSlow(): boolean {
    if (this.state !== ReadyState.Open || this.outbox.unwritten <= this.options.highWaterMark) return false;
    this.outbox.flush();
    return this.outbox.unwritten > this.options.highWaterMark;
  }

  /** Bytes that may wait besides those that do, until `maxBufferedAmount`; negative beyond it. @internal */
  get spare(): number {
    return this.options.maxBufferedAmount - this.outbox.amount;
  }

  /** Calls back, once, when no more than `lowWaterMark` bytes wait; never, if the connection closes before. @internal */
  whenDrained(callback: () => void): void {
    if (this.drainListeners !== null) {
      this.drainListeners.push(callback);
      return;
    }
    this.drainListeners = [callback];
    this.outbox.watch();
  }

  /** The outbox is down to `lowWaterMark`. @internal */
  outboxDrained(): void {
    if (this.needsDrain) {
      this.needsDrain = false;
      this.emitSafely('drain');
    }
    const listeners = this.drainListeners;
    if (listeners === null) return;
    this.drainListeners = null;
    for (const callback of listeners) callback();
  }

  /** @internal */
  failSlowConsumer(): void {
    const limit = this.options.maxBufferedAmount;
    const isHeldBack = this.outbox.heldBackLength > limit / 2;
    const message = isHeldBack
      ? `More than maxBufferedAmount (${limit} bytes) waited for the end of a message in fragments`
      : `The peer is a slow consumer: it left more than maxBufferedAmount (${limit} bytes) unread`;
    const error = new PolicyError(message, { code: isHeldBack ? 'UNENDED_MESSAGE' : 'SLOW_CONSUMER' });
    if (!isHeldBack && !this.masks) this.counters.slowConsumer(this, 'close');
    // Only whole frames wait in the outbox, so that a close frame in their place is legal.
    this.outbox.drop(() => error, process.nextTick);
    this.fail(error);
  }

  // Receiving: what the decoder hands over

  /** @internal */
  receivedPing(payload: Buffer): void {
    if (!this.allowsControlFrame()) return;
    this.pongs ??= new Pongs(this.outbox, this.options.maxPendingPongs, (pong) => {
      if (this.state === ReadyState.Open) this.sendControl(Opcode.Pong, pong);
    });
    this.pongs.answer(payload);
    this.emitSafely('ping', payload);
  }

  /** @internal */
  receivedPong(payload: Buffer): void {
    if (this.owedPongs > 0) this.owedPongs--;
    else if (!this.allowsControlFrame()) return;
    this.pings?.answer(payload);
    this.emitSafely('pong', payload);
  }

  private allowsControlFrame(): boolean {
    this.intake ??= new Intake(this.options, this);
    return this.intake.controlFrame();
  }

  /** @internal */
  sentTooLong(): void {
    this.decoder.end();
    this.transport.pause();
  }

  /** RFC 6455, 5.5.1: a close frame is answered with one, unless it is the answer. @internal */
  receivedClose(close: ClosePayload): void {
    const { record } = this;
    record.received = close;
    record.begun('remote');
    if (record.sent === null) {
      const code = close.code === CloseCode.NoStatusReceived ? undefined : close.code;
      this.sendClose(close, encodeClosePayload(code, close.reason));
    }
    // 7.1.1: the server closes the transport first, so that it is not the one to wait for late packets.
    if (!this.masks) this.outbox.finish();
    this.transport.resume();
  }

  /** @internal */
  receivedViolation(error: WebSocketError): void {
    this.fail(error);
  }

  // Closing

  /** The peer broke a rule: it is told which, and the application as well. */
  private fail(error: WebSocketError): void {
    this.failConnection(error, { code: error.closeCode, reason: fitCloseReason(error.message) }, error.code);
    process.nextTick(() => this.emitSafely('error', error));
  }

  /** The application failed while it handled something: 1011, with no detail on the wire. @internal */
  failWith(error: unknown): void {
    // Whoever waits for messages of a connection that was lost is told by an exception; that is not a mistake.
    const isLoss = error instanceof ConnectionClosedError && this.state !== ReadyState.Open;
    this.failInternally(error);
    if (!isLoss) this.report(error);
  }

  /** Fails the connection with 1011 for what the application is told of otherwise. */
  protected failInternally(error: unknown): void {
    if (this.state !== ReadyState.Open) return;
    const cause = error instanceof Error ? error : new Error(`Thrown: ${describe(error)}`);
    this.failConnection(cause, { code: CloseCode.InternalError, reason: '' }, 'HANDLER_ERROR');
    this.forgetReceived();
  }

  /** Fails the connection (RFC 6455, 7.1.7): says why, reads nothing more, and ends the transport. */
  private failConnection(cause: Error, close: ClosePayload, code: string): void {
    this.record.failed(close, cause, code);
    this.decoder.end();
    if (this.state === ReadyState.Open) this.sendClose(close, encodeClosePayload(close.code, close.reason));
    this.outbox.finish();
    // Bytes left unread when a socket closes become a reset, which would overtake the close frame.
    this.reading = true;
    this.transport.resume();
  }

  protected sendClose(close: ClosePayload, payload: Buffer): void {
    this.record.sent = close;
    this.state = ReadyState.Closing;
    this.intake ??= new Intake(this.options, this);
    this.sendControl(Opcode.Close, payload);
    this.closeTimer ??= setTimeout(() => this.closeTimedOut(), this.options.closeTimeout);
  }

  private closeTimedOut(): void {
    const message = `The closing handshake took longer than closeTimeout (${this.options.closeTimeout} ms)`;
    if (this.record.received === null) this.record.timedOut(new TimeoutError(message, { code: 'CLOSE_TIMEOUT' }));
    cut(this.transport);
  }

  /** Calls back, once, when the connection is closed: at once if it is. @internal */
  whenClosed(callback: (connection: this) => void): void {
    if (this.state === ReadyState.Closed) this.tellClosed(callback);
    else if (this.closeListeners === null) this.closeListeners = [callback];
    else this.closeListeners.push(callback);
  }

  private tellClosed(callback: (connection: never) => void): void {
    try {
      callback(this as never);
    } catch (error) {
      this.failWith(error);
    }
  }

  protected emitClose(): void {
    this.closeEventDue = false;
    const { code, reason } = this.record.summary();
    this.emitSafely('close', code, reason);
  }

  // What the transport tells

  /** @internal */
  transportData(chunk: Buffer, length: number): void {
    this.heard = true;
    this.outbox.cork();
    try {
      if (this.intake === null) this.decoder.write(chunk, length);
      else this.intake.decode(this.decoder, chunk, length);
    } finally {
      this.outbox.uncork();
    }
  }

  /** @internal */
  transportFull(): void {
    awaitDrain(this.transport);
  }

  /** @internal */
  transportDrain(): void {
    // Whoever takes bytes is there, though a pong may be long in coming behind a large message.
    this.heard = true;
    this.outbox.flush();
  }

  /** @internal */
  transportEnd(): void {
    this.record.begun('remote');
    if (this.state === ReadyState.Open) this.state = ReadyState.Closing;
    this.outbox.finish();
    this.closeTimer ??= setTimeout(() => this.closeTimedOut(), this.options.closeTimeout);
  }

  /** @internal */
  transportError(error: Error): void {
    const { record } = this;
    if (isOwnCut(this.transport, error)) return;
    // Whatever happens to the transport after both have said goodbye is no news.
    if (this.state === ReadyState.Closed || (record.sent !== null && record.received !== null)) return;
    record.begun('remote');
    // Not every stream closes by itself when it has failed.
    this.transport.destroy();
    // What the transport says after we failed the connection is no news either.
    if (record.cause !== null) return;
    const cause = lossOf(this.transport, error) ?? error;
    record.cause = cause;
    this.emitSafely('error', cause);
  }

  /** @internal */
  transportClose(): void {
    if (this.state === ReadyState.Closed) return;
    this.state = ReadyState.Closed;
    clearTimeout(this.closeTimer);
    const { record } = this;
    if (record.sent === null || record.received === null) record.cause ??= lossOf(this.transport);
    if (this.options.pingInterval !== false) {
      Heartbeat.of(this.options.pingInterval, this.options.pongTimeout).remove(this);
    }
    this.intake?.end();
    this.decoder.end();
    if (!this.masks) this.counters.connectionClosed(this, record.summary(), record.failure);
    this.outbox.drop(() => this.closedError('send()'));
    this.pings?.reject(() => this.closedError('ping()'));
    this.rejectReceivers();
    for (const callback of this.closeListeners ?? []) this.tellClosed(callback);
    this.closeListeners = null;
    this.drainListeners = null;
    this.closeEventDue = true;
    this.deliverEnd();
  }

  // What the peer is asked

  /** @internal */
  get isOpen(): boolean {
    return this.state === ReadyState.Open;
  }

  /** @internal */
  get isReading(): boolean {
    return this.reading;
  }

  /** A limit has held something up. @internal */
  limited(code: string): void {
    this.counters.limited(code);
  }

  /** @internal */
  intakeChanged(): void {
    // Who had to wait for us has not been silent.
    this.heard = true;
    this.updateReading();
  }

  // The heart of the heartbeat

  /** @internal */
  get alive(): boolean {
    // A closing connection is not pinged; `closeTimeout` is its deadline.
    return this.heard || !this.reading || this.state !== ReadyState.Open;
  }

  /** @internal */
  beat(): void {
    this.heard = false;
    if (this.state === ReadyState.Open) this.sendControl(Opcode.Ping, Buffer.alloc(0));
  }

  /** @internal */
  stopped(): void {
    const { pongTimeout } = this.options;
    const message = `Nothing was heard within pongTimeout (${pongTimeout} ms) of a ping`;
    this.record.timedOut(new TimeoutError(message, { code: 'PONG_TIMEOUT' }));
    cut(this.transport);
  }
}
