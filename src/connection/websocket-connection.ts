import type { Duplex } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import { type InspectOptions, inspect } from 'node:util';
import { CloseCode } from '../protocol/close-code';
import { encodeClosePayload } from '../protocol/close-payload';
import { InvalidStateError } from '../protocol/errors';
import { freshMaskingKey } from '../protocol/mask';
import { Opcode } from '../protocol/opcode';
import type { Closure } from './closure';
import { handled } from './handled';
import { cut } from './http2-stream';
import type { Message } from './inbox';
import { LastingConnection } from './lasting-connection';
import type { ConnectionInit } from './options';
import { controlPayload, type Payload, toPayload } from './payload';
import { peerOf } from './peer';
import { maxPendingPings, PendingPings } from './pending-pings';
import { PieceSending, type PieceSource, type SendPiecesOptions } from './piece-sending';
import { ReadyState } from './ready-state';
import { readableOf, writableOf } from './web-streams';
import type { SendCallback } from './write-queue';

export interface SendOptions {
  /** Send as binary message, or as text. Default: strings are text, bytes are binary. */
  binary?: boolean;
  /** False when more fragments of this message follow with the next calls. Default true. */
  fin?: boolean;
  /** False to send it as it is where messages are compressed, as one that is compressed already. Default true. */
  compress?: boolean;
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
 * `terminate`, …) and adds `receive()`, `messages()`, `pieces()`,
 * `sendPieces()`, `readable`, `writable`, `drained()`, `closed`, `expiresAt`, `busy()` and `data`.
 *
 * Messages that come before anybody listens wait, and beyond 64 KiB the peer waits: nothing is lost while a handler
 * awaits.
 */
export class WebSocketConnection extends LastingConnection {
  static readonly CONNECTING = ReadyState.Connecting;
  static readonly OPEN = ReadyState.Open;
  static readonly CLOSING = ReadyState.Closing;
  static readonly CLOSED = ReadyState.Closed;

  /** The subprotocol that both sides agreed on, or an empty string. */
  readonly protocol: string;
  /** Who is behind it, as the application knows it; for presence and `hub.disconnect()`. */
  user: string | undefined = undefined;
  private readonly hub: RoomRegistry | undefined;
  private readonly onError: WebSocketConnectionInit['onError'];
  private webStreams: { readable?: ReadableStream<Message>; writable?: WritableStream<Payload> } | null = null;
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

  /** The agreed extensions, as they stand in the header; an empty string without any. */
  get extensions(): string {
    return this.extension === null ? '' : this.extension.description;
  }

  /** Address and port of the other end, for people; empty where they are not known. @internal */
  get peer(): string {
    return peerOf(this.transport);
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
   * Resolves when the connection is closed, never rejects. A handler that waits for it takes no messages meanwhile:
   * when 64 KiB of them wait, or one larger than `maxMessageSize`, nothing more is read, and the end is seen only when
   * a ping fails. A handler that only sends does better to return.
   */
  get closed(): Promise<Closure> {
    this.whenItCloses ??= new Promise((resolve) => this.whenClosed(() => resolve(this.record.summary())));
    return this.whenItCloses;
  }

  /**
   * Sends a message. After the connection has begun to close nothing is sent: false is returned, and the callback gets
   * a ConnectionClosedError; that is a race every program meets, so it does not throw.
   *
   * @param data a string for text; a Buffer, ArrayBuffer or view for binary. Above 32 KiB a server does not copy bytes: leave
   *   them unchanged until the callback
   * @param callback called when the message has been handed to the operating system, or with the error
   * @returns false while more than `highWaterMark` bytes wait: hold on until `'drain'`, or `await socket.drained()`
   * @throws InvalidOptionError for data that is neither string nor bytes; InvalidStateError for a fragment (`fin: false`)
   *   while `sendPieces()` is under way
   */
  send(data: Payload, options?: SendOptions | SendCallback | null, callback?: SendCallback): boolean {
    const payload = toPayload(data, 'send()');
    let fin = true;
    let isText = typeof data === 'string';
    let compress = true;
    let done = callback;
    if (typeof options === 'function') done = options;
    else if (options) {
      fin = options.fin ?? true;
      isText = options.binary === undefined ? isText : !options.binary;
      compress = options.compress ?? true;
    }
    if (!fin) this.refuseFragment();
    if (!this.accepts(done)) return false;
    const opcode = isText ? Opcode.Text : Opcode.Binary;
    const key = this.masks ? freshMaskingKey() : undefined;
    // What waits behind a message in pieces goes as it is: its pieces, which are still to come, will refer to what was before them.
    const encoded =
      this.extension === null || this.outbox.hasTurn ? null : this.extension.encode(payload, fin, compress);
    if (encoded === null) this.outbox.appendData(opcode, fin, payload, key);
    else {
      this.outbox.appendData(opcode | this.extension!.reservedBits, fin, encoded, key, Buffer.byteLength(payload));
    }
    if (done !== undefined) this.outbox.whenMessagesWritten(done);
    return this.belowHighWaterMark();
  }

  /**
   * Sends one message in pieces, as they come: one fragment for each. The next piece is asked for when no more than
   * `highWaterMark` bytes wait. Other messages that are sent meanwhile wait for the end of this one, in the order of
   * the calls, within `maxBufferedAmount`, and are not compressed; pings, pongs and a close frame do not. Bytes must stay
   * as they are. A character that two strings share comes out whole.
   *
   * @param source strings or bytes: an array, a generator, a Node stream, a web stream
   * @throws InvalidOptionError for a source that is none, at the call
   * @returns resolves when the last fragment is under way. Rejects with what the source throws, and InvalidOptionError
   *   for a piece that is neither string nor bytes, or of both kinds: if a fragment was sent already, the connection is
   *   then failed with 1011, as the message cannot be ended. Rejects with ConnectionClosedError when the connection
   *   closes before; the source's `return()` is called then
   */
  sendPieces(source: PieceSource, options: SendPiecesOptions = {}): Promise<void> {
    const sending = new PieceSending(source, options, {
      outbox: this.outbox,
      highWaterMark: this.options.highWaterMark,
      accepts: () => this.accepts(),
      maskingKey: () => (this.masks ? freshMaskingKey() : undefined),
      extension: this.extension,
      closedError: () => this.closedError('sendPieces()'),
      fail: (cause) => this.failInternally(cause),
    });
    return handled(sending.run());
  }

  /**
   * The messages as a web stream, made when it is first asked for. A message is taken when somebody reads, so that a
   * slow reader slows the peer; it ends when the connection is closed in order, and fails with ConnectionClosedError
   * otherwise. `cancel(reason)` closes the connection: with the `closeCode` and `reason` of a reason that has them, or
   * else 1000.
   */
  get readable(): ReadableStream<Message> {
    this.webStreams ??= {};
    this.webStreams.readable ??= readableOf(this);
    return this.webStreams.readable;
  }

  /**
   * Sends each chunk that is written as a message: strings as text, bytes as binary. A web stream, made when it is
   * first asked for; a write is done when no more than `lowWaterMark` bytes wait, or at once below `highWaterMark`.
   * `close()` closes with 1000 and waits for the peer's answer; `abort(reason)` with the `closeCode` and `reason` of a
   * reason that has them, or else 1011.
   */
  get writable(): WritableStream<Payload> {
    this.webStreams ??= {};
    this.webStreams.writable ??= writableOf(this);
    return this.webStreams.writable;
  }

  private refuseFragment(): void {
    if (!this.outbox.hasTurn) return;
    throw new InvalidStateError(
      'send() cannot begin a message in fragments (fin: false) while sendPieces() sends one: wait until that is done',
    );
  }

  /**
   * Sends a ping.
   *
   * @param data at most 125 bytes; by default a number that no other ping of this connection has. A callback in its
   *   place, or behind it, is called when the ping has been handed to the operating system, as in `ws`
   * @returns the milliseconds until its pong; rejects with ConnectionClosedError when none can come any more, and with
   *   InvalidStateError (`TOO_MANY_PINGS`), without sending it, while 1,000 are unanswered
   * @throws InvalidOptionError for longer data
   */
  ping(data?: Payload | SendCallback, mask?: unknown, callback?: SendCallback): Promise<number> {
    const given = typeof data === 'function' ? undefined : data;
    // The dialect of `ws` has a parameter for masking; here the role decides.
    const done = [data, mask, callback].find((each) => typeof each === 'function') as SendCallback | undefined;
    const payload = Buffer.from(controlPayload(given ?? nextPingPayload(), 'ping()'));
    this.pings ??= new PendingPings();
    if (this.state !== ReadyState.Open || this.pings.isFull) {
      const error = this.state === ReadyState.Open ? tooManyPings() : this.closedError('ping()');
      if (done !== undefined) this.outbox.callSoon(done, error);
      return handled(Promise.reject(error));
    }
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
    cut(this.transport);
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

  /** What `console.log` shows: none of the machinery. @internal */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { readyState, protocol, extensions, bufferedAmount, data } = this;
    return `${this.constructor.name} ${inspect({ readyState, protocol, extensions, bufferedAmount, data }, options)}`;
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

function tooManyPings(): InvalidStateError {
  const message = `ping(): ${maxPendingPings} pings are unanswered already: wait for a pong before the next one`;
  return new InvalidStateError(message, { code: 'TOO_MANY_PINGS' });
}

let pingCount = 0;

/** A payload that tells this ping's pong from all others. */
function nextPingPayload(): string {
  pingCount = (pingCount + 1) % Number.MAX_SAFE_INTEGER;
  return pingCount.toString(36);
}
