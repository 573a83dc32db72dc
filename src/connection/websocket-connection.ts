import type { Duplex } from 'node:stream';
import { CloseCode } from '../protocol/close-code';
import { encodeClosePayload } from '../protocol/close-payload';
import { ConnectionClosedError, InvalidStateError } from '../protocol/errors';
import { freshMaskingKey } from '../protocol/mask';
import { Opcode } from '../protocol/opcode';
import { checkMilliseconds, refuseUnknownOptions } from '../protocol/options';
import type { Closure } from './closure';
import { ConnectionCore } from './connection-core';
import { Inbox, type Message } from './inbox';
import type { ConnectionInit } from './options';
import type { SendCallback } from './outbox';
import { controlPayload, type Payload, toPayload } from './payload';
import { PendingPings } from './pending-pings';
import { ReadyState } from './ready-state';

export interface SendOptions {
  /** Send as binary message, or as text. Default: strings are text, bytes are binary. */
  binary?: boolean;
  /** False when more fragments of this message follow with the next calls. Default true. */
  fin?: boolean;
}

/** What `join` and `leave` of a connection go to: the hub of its board. */
export interface RoomRegistry {
  join(member: WebSocketConnection, room: string): void;
  leave(member: WebSocketConnection, room: string): void;
}

/** What a connection gets from whoever made it. */
export interface WebSocketConnectionInit extends ConnectionInit {
  /** The agreed subprotocol. */
  protocol?: string;
  /** Where `join` and `leave` go. */
  rooms?: RoomRegistry;
  /** Gets what the application throws while it handles an event. Default: the console's error stream. */
  onError?: (error: unknown, connection: WebSocketConnection) => void;
}

/**
 * A WebSocket, at either end: what a handler gets. It speaks the dialect of `ws` (`on('message')`, `send`, `close`,
 * `terminate`, …) and adds `receive()`, `messages()`, `drained()`, `closed` and `data`.
 *
 * Messages that come before anybody listens wait, and beyond 64 KiB the peer waits: nothing is lost while a handler awaits.
 */
export class WebSocketConnection extends ConnectionCore {
  static readonly CONNECTING = ReadyState.Connecting;
  static readonly OPEN = ReadyState.Open;
  static readonly CLOSING = ReadyState.Closing;
  static readonly CLOSED = ReadyState.Closed;

  /** The subprotocol that both sides agreed on, or an empty string. */
  readonly protocol: string;
  private readonly hub: RoomRegistry | undefined;
  private readonly onError: WebSocketConnectionInit['onError'];
  private applicationData: Record<string, unknown> | null = null;
  private whenItCloses: Promise<Closure> | null = null;

  /** @internal */
  constructor(transport: Duplex, init: WebSocketConnectionInit) {
    super(transport, init);
    this.protocol = init.protocol ?? '';
    this.hub = init.rooms;
    this.onError = init.onError;
  }

  get CONNECTING(): 0 {
    return ReadyState.Connecting;
  }
  get OPEN(): 1 {
    return ReadyState.Open;
  }
  get CLOSING(): 2 {
    return ReadyState.Closing;
  }
  get CLOSED(): 3 {
    return ReadyState.Closed;
  }

  /** 1 while open, 2 from the first close frame on, 3 when the transport is closed. */
  get readyState(): ReadyState {
    return this.state;
  }

  /** Bytes that wait to be sent, frame headers included. */
  get bufferedAmount(): number {
    return this.outbox.amount;
  }

  /** The agreed extensions, as they stand in the header; an empty string without any. */
  get extensions(): string {
    return '';
  }

  /** The application's own: whatever it wants to keep with the connection. */
  get data(): Record<string, unknown> {
    this.applicationData ??= {};
    return this.applicationData;
  }
  set data(value: Record<string, unknown>) {
    this.applicationData = value;
  }

  /**
   * Resolves when the connection is closed, never rejects. A handler that waits for it takes no messages meanwhile: when 64 KiB of
   * them wait nothing more is read, and the end is seen only when a ping fails. A handler that only sends does better to return.
   */
  get closed(): Promise<Closure> {
    this.whenItCloses ??= new Promise((resolve) => this.whenClosed(() => resolve(this.record.summary())));
    return this.whenItCloses;
  }

  /** True while `pause()` is in force. */
  get isPaused(): boolean {
    return this.pausedByUser;
  }

  /**
   * Sends a message. After the connection has begun to close nothing is sent: false is returned, and the callback gets
   * a ConnectionClosedError; that is a race every program meets, so it does not throw.
   *
   * @param data a string for text; a Buffer, ArrayBuffer or view for binary. From 32 KiB on bytes are not copied: leave
   *   them unchanged until the callback
   * @param callback called when the message has been handed to the operating system, or with the error
   * @returns false while more than `highWaterMark` bytes wait: hold on until `'drain'`, or `await socket.drained()`
   * @throws InvalidOptionError for data that is neither string nor bytes
   */
  send(data: Payload, options?: SendOptions | SendCallback | null, callback?: SendCallback): boolean {
    const payload = toPayload(data, 'send()');
    let fin = true;
    let isText = typeof data === 'string';
    let done = callback;
    if (typeof options === 'function') done = options;
    else if (options) {
      fin = options.fin ?? true;
      isText = options.binary === undefined ? isText : !options.binary;
    }
    if (!this.accepts(done)) return false;
    const key = this.masks ? freshMaskingKey() : undefined;
    this.outbox.appendData(isText ? Opcode.Text : Opcode.Binary, fin, payload, key);
    if (done !== undefined) this.outbox.whenWritten(done);
    return this.belowHighWaterMark();
  }

  /**
   * Sends a ping.
   *
   * @param data at most 125 bytes; by default a number that no other ping of this connection has. A callback in its
   *   place, or behind it, is called when the ping has been handed to the operating system, as in `ws`
   * @returns the milliseconds until its pong; rejects with ConnectionClosedError when none can come any more
   * @throws InvalidOptionError for longer data
   */
  ping(data?: Payload | SendCallback, mask?: unknown, callback?: SendCallback): Promise<number> {
    const given = typeof data === 'function' ? undefined : data;
    // The dialect of `ws` has a parameter for masking; here the role decides.
    const done = [data, mask, callback].find((each) => typeof each === 'function') as SendCallback | undefined;
    const payload = Buffer.from(controlPayload(given ?? nextPingPayload(), 'ping()'));
    if (this.state !== ReadyState.Open) {
      const error = this.closedError('ping()');
      if (done !== undefined) this.outbox.callSoon(done, error);
      return handled(Promise.reject(error));
    }
    this.pings ??= new PendingPings();
    const answered = this.pings.add(payload);
    this.sendControl(Opcode.Ping, payload);
    if (done !== undefined) this.outbox.whenWritten(done);
    return answered;
  }

  /**
   * Sends a pong that nobody asked for; pings are answered without it.
   *
   * @throws InvalidOptionError for more than 125 bytes
   */
  pong(data: Payload = ''): void {
    const payload = controlPayload(data, 'pong()');
    if (this.state === ReadyState.Open) this.sendControl(Opcode.Pong, payload);
  }

  /**
   * Begins the closing handshake (RFC 6455, section 7); a second call does nothing. The transport is cut when the peer
   * has not answered within `closeTimeout`.
   *
   * @param code 1000 to 1003, 1007 to 1014, or 3000 to 4999
   * @param reason at most 123 bytes of UTF-8
   * @throws InvalidOptionError for a code or reason that cannot be sent
   */
  close(code?: number, reason?: string | Buffer): void {
    const words = Buffer.isBuffer(reason) ? reason.toString() : (reason ?? '');
    const payload = encodeClosePayload(code, words);
    if (this.state !== ReadyState.Open) return;
    this.record.begun('local');
    this.sendClose({ code: code ?? CloseCode.NoStatusReceived, reason: words }, payload);
    this.updateReading();
  }

  /** Cuts the transport at once, without a closing handshake; the peer sees 1006. */
  terminate(): void {
    if (this.state === ReadyState.Closed) return;
    this.record.begun('local');
    this.state = ReadyState.Closing;
    this.decoder.end();
    this.outbox.flush();
    this.transport.destroy();
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
   *   InvalidStateError while there are `'message'` listeners, which get the messages instead;
   *   InvalidOptionError for a timeout that cannot be
   */
  receive(options?: { timeout?: number }): Promise<Message | null> {
    return handled(this.next(options));
  }

  private async next(options: { timeout?: number } = {}): Promise<Message | null> {
    refuseUnknownOptions('receive()', options, ['timeout']);
    if (options.timeout !== undefined) checkMilliseconds('timeout', options.timeout);
    if (this.listenerCount('message') > 0) {
      throw new InvalidStateError(
        "receive() and messages() get nothing while there are 'message' listeners: use one or the other",
      );
    }
    this.pulled = true;
    this.inbox ??= new Inbox();
    const message = this.inbox.take();
    if (message !== undefined) {
      this.updateReading();
      return message;
    }
    if (this.state === ReadyState.Closed) throw this.closedError('receive()');
    return this.inbox.wait(options.timeout);
  }

  /**
   * All messages to come, for `for await`: the next is read when the loop comes round, so that a slow loop slows the peer.
   * Ends when the connection is closed in order.
   *
   * @throws ConnectionClosedError when it ended otherwise
   */
  async *messages(): AsyncGenerator<Message, void, undefined> {
    this.loops++;
    try {
      for (;;) {
        const message = await this.receive();
        if (message !== null) yield message;
      }
    } catch (error) {
      if (!(error instanceof ConnectionClosedError && this.record.isClean)) throw error;
    } finally {
      this.loops--;
      if (this.loops === 0) this.pulled = false;
      if (!this.gated) this.deliverSoon();
    }
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
        this.outbox.whenWritten(settle);
      }
    });
    return handled(done);
  }

  /**
   * Joins a room of the board's hub.
   *
   * @throws InvalidStateError for a connection that has no hub
   */
  join(room: string): this {
    this.registry('join').join(this, room);
    return this;
  }

  /**
   * Leaves a room of the board's hub.
   *
   * @throws InvalidStateError for a connection that has no hub
   */
  leave(room: string): this {
    this.registry('leave').leave(this, room);
    return this;
  }

  protected override report(error: unknown): void {
    try {
      if (this.onError === undefined) console.error(error);
      else this.onError(error, this);
    } catch (another) {
      // Nobody is left to be told: this must not end the process.
      console.error(error);
      console.error(another);
    }
  }

  private registry(method: string): RoomRegistry {
    if (this.hub !== undefined) return this.hub;
    throw new InvalidStateError(
      `${method}() needs a hub, and this connection does not belong to a switchboard() that has one`,
    );
  }
}

/** Who does not wait for it any more must not end the process when it is rejected. */
function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {});
  return promise;
}

let pingCount = 0;

/** A payload that tells this ping's pong from all others. */
function nextPingPayload(): string {
  pingCount = (pingCount + 1) % Number.MAX_SAFE_INTEGER;
  return pingCount.toString(36);
}
