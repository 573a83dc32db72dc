import type { Duplex } from 'node:stream';
import { type Counters, uncounted } from '../diagnostics/counters';
import { type ConnectionClosedError, PolicyError, type WebSocketError } from '../protocol/errors';
import type { MessageExtension, SharedEncoding, SharedMessage } from '../protocol/extension';
import { framePayloadSize } from '../protocol/frame-header';
import { freshMaskingKey } from '../protocol/mask';
import { Opcode } from '../protocol/opcode';
import { ConnectionEvents } from './connection-events';
import { handled } from './handled';
import type { ConnectionInit, ResolvedConnectionOptions } from './options';
import { Outbox } from './outbox';
import { ReadyState } from './ready-state';
import { awaitDrain } from './transport';
import type { SendCallback } from './write-queue';

/**
 * The sending half of a connection: what it sends goes through its outbox, whoever is faster than the peer is told to hold on,
 * and a peer that leaves too much unread is a slow consumer.
 */
export abstract class SendingConnection extends ConnectionEvents {
  protected state: ReadyState = ReadyState.Open;
  /** We are the client, and mask what we send: frames of ours cannot be shared with others. @internal */
  override readonly masks: boolean;
  /** @internal */
  readonly counters: Counters;
  protected readonly transport: Duplex;
  protected readonly options: ResolvedConnectionOptions;
  protected readonly extension: MessageExtension | null;
  protected readonly outbox: Outbox;
  /** Pings of ours that may still be answered. */
  protected owedPongs = 0;
  private needsDrain = false;
  private drainListeners: Array<() => void> | null = null;

  constructor(transport: Duplex, init: ConnectionInit) {
    super();
    this.transport = transport;
    this.options = init.options;
    this.masks = init.role === 'client';
    this.counters = init.counters ?? uncounted;
    this.extension = init.extension ?? null;
    this.outbox = new Outbox(transport, init.options, this);
  }

  /** @internal */
  abstract closedError(caller: string): ConnectionClosedError;

  /** @internal */
  abstract transportDrain(): void;

  /** Fails the connection, and says why to the peer and to the application. */
  protected abstract fail(error: WebSocketError): void;

  /** Bytes that wait to be sent, frame headers included. */
  get bufferedAmount(): number {
    this.outbox.encodeTexts();
    return this.outbox.amount;
  }

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

  /** The connection is closed: nobody is told of a drain any more. */
  protected forgetDrain(): void {
    this.drainListeners = null;
  }

  /**
   * Resolves when no more than `lowWaterMark` bytes wait to be sent: at once, if that is so already.
   *
   * @throws ConnectionClosedError when the connection closes before
   */
  drained(): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      if (this.state === ReadyState.Closed) reject(this.closedError('drained()'));
      else if (!this.needsDrain && this.outbox.unwritten <= this.options.lowWaterMark) resolve();
      else {
        const settle = (error?: Error | null) => (error ? reject(this.closedError('drained()')) : resolve());
        this.outbox.whenMessagesWritten(settle);
      }
    });
    return handled(done);
  }

  /** @internal */
  transportFull(): void {
    awaitDrain(this.transport);
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
}
