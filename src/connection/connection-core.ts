import type { Duplex } from 'node:stream';
import { isDebugging } from '../diagnostics/debug';
import { watchFrames } from '../diagnostics/watch-frames';
import { CloseCode } from '../protocol/close-code';
import { type ClosePayload, encodeClosePayload, fitCloseReason } from '../protocol/close-payload';
import { ConnectionClosedError, TimeoutError, type WebSocketError } from '../protocol/errors';
import { MessageDecoder } from '../protocol/message-decoder';
import { Opcode } from '../protocol/opcode';
import { describe } from '../protocol/options';
import { ClosureRecord } from './closure';
import { Heartbeat } from './heartbeat';
import { cut, isOwnCut, lossOf, watchStream } from './http2-stream';
import type { Message } from './inbox';
import { Intake } from './intake';
import type { ConnectionInit } from './options';
import type { PendingPings } from './pending-pings';
import { Pongs } from './pongs';
import { ReadyState } from './ready-state';
import { SendingConnection } from './sending-connection';
import { attachTransport } from './transport';

/**
 * The machine inside a connection: between the transport, the decoder and the outbox, with the heartbeat and the
 * closing handshake. What is sent, and to whom it is too much, is in `SendingConnection`; how messages wait and are taken,
 * in `ReceivingConnection`; what else applications call, in `WebSocketConnection`.
 */
export abstract class ConnectionCore extends SendingConnection {
  protected pings: PendingPings | null = null;
  protected readonly decoder: MessageDecoder;
  private closure: ClosureRecord | null = null;
  private closeTimer: NodeJS.Timeout | undefined;
  /** The connection is closed, and nobody has been told by `'close'`. */
  protected closeEventDue = false;
  private closeListeners: Array<(connection: never) => void> | null = null;
  protected reading = true;
  private heard = false;
  private pongs: Pongs | null = null;
  /** Null where nothing is asked of the peer. */
  protected intake: Intake | null;

  constructor(transport: Duplex, init: ConnectionInit) {
    super(transport, init);
    const { options } = init;
    this.counters.opened++;
    if (isDebugging) watchFrames(transport, this, init.role, () => this.record.describe());
    this.decoder = new MessageDecoder(init.role, options, this, this.extension);
    this.intake = Intake.of(options, this);
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
  override closedError(caller: string): ConnectionClosedError {
    const message = `${caller}: the connection is closed: ${this.record.describe()}`;
    return new ConnectionClosedError(message, this.record.cause ? { cause: this.record.cause } : {});
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
  protected override fail(error: WebSocketError): void {
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
  override transportDrain(): void {
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
    if (!this.masks) {
      this.counters.connectionClosed(this, record.summary(), record.failure, record.isPeersChoice);
    }
    this.outbox.drop(() => this.closedError('send()'));
    this.pings?.reject(() => this.closedError('ping()'));
    this.rejectReceivers();
    for (const callback of this.closeListeners ?? []) this.tellClosed(callback);
    this.closeListeners = null;
    this.forgetDrain();
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
