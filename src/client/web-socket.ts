import { setImmediate } from 'node:timers';
import { handled } from '../connection/handled';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { CloseCode } from '../protocol/close-code';
import { ConnectionClosedError, HandshakeError, InvalidOptionError } from '../protocol/errors';
import type { ClientConnection } from './client-connection';
import { connect } from './connect';
import { type ConnectOptions, resolveConnectOptions } from './options';
import {
  closeArguments,
  sendArgument,
  type WebSocketInit,
  webSocketOptions,
  webSocketUrl,
} from './web-socket-arguments';
import {
  CloseEvent,
  EventHandlers,
  WebSocketErrorEvent,
  type WebSocketEventHandler,
  type WebSocketEventMap,
} from './web-socket-events';

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

type Sendable = string | Uint8Array | ArrayBuffer;
type Listener = Parameters<EventTarget['addEventListener']>[1];
type AddOptions = Parameters<EventTarget['addEventListener']>[2];
type RemoveOptions = Parameters<EventTarget['removeEventListener']>[2];

/** The next task: promises of a listener are served before the listeners of the next event, as in browsers. */
function task(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * The `WebSocket` of browsers (WHATWG WebSockets), over a connection that `connect()` makes: for code that expects that
 * class. New code is better served by `connect()`, which has backpressure and says why something failed.
 *
 * Where browsers know no limit there is one: a message, and what waits to be sent, may have 64 MiB; `maxMessageSize`
 * and `maxBufferedAmount` of the second argument change that.
 */
export class WebSocket extends EventTarget {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;
  declare readonly CONNECTING: typeof CONNECTING;
  declare readonly OPEN: typeof OPEN;
  declare readonly CLOSING: typeof CLOSING;
  declare readonly CLOSED: typeof CLOSED;

  readonly #url: URL;
  readonly #handlers = new EventHandlers<WebSocket>(this);
  readonly #abort = new AbortController();
  #connection: WebSocketConnection | null = null;
  #readyState: 0 | 1 | 2 | 3 = CONNECTING;
  #bufferedAmount = 0;
  #isDelivering = true;
  #binaryType: 'blob' | 'arraybuffer' = 'blob';
  /** What waits for a Blob to be read, and the Blob itself. */
  #waiting = 0;
  #order: Promise<unknown> = Promise.resolve();

  /**
   * @param url `ws:`, `wss:`, or `http:` and `https:` in their place
   * @param protocols a subprotocol, a list of them, or an object: `protocols` and the options of `connect()`
   * @throws DOMException named SyntaxError for a URL or subprotocol that cannot be; InvalidOptionError for an option, and for
   *   options as a third argument
   */
  constructor(url: string | URL, protocols?: string | Iterable<string> | WebSocketInit);
  constructor(url: string | URL, protocols: string | Iterable<string> | WebSocketInit = [], third?: unknown) {
    super();
    // Other libraries have them there: left out in silence, as browsers do, they would be missed late.
    if (third !== undefined) {
      throw new InvalidOptionError(
        'new WebSocket() takes options as its second argument, { protocols, headers, http2, … }, and has no third',
      );
    }
    this.#url = webSocketUrl(url);
    const options = webSocketOptions(protocols);
    resolveConnectOptions(options);
    void this.#run(options);
  }

  get url(): string {
    return this.#url.href;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    if (this.#readyState !== OPEN || this.#connection!.readyState === OPEN) return this.#readyState;
    // That the peer closes is told behind the events of what it sent before.
    return this.#isDelivering || this.#connection!.hasWaiting ? OPEN : CLOSING;
  }

  /** Bytes that were given to `send()` and not to the operating system yet; what is sent after the end stays in it. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  get extensions(): string {
    return this.#readyState === CONNECTING ? '' : (this.#connection?.extensions ?? '');
  }

  get protocol(): string {
    return this.#readyState === CONNECTING ? '' : (this.#connection?.protocol ?? '');
  }

  /** What binary messages become. Other values are ignored. */
  get binaryType(): 'blob' | 'arraybuffer' {
    return this.#binaryType;
  }
  set binaryType(type: 'blob' | 'arraybuffer') {
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type;
  }

  get onopen(): WebSocketEventHandler<this, 'open'> {
    return this.#handlers.get('open') as WebSocketEventHandler<this, 'open'>;
  }
  set onopen(handler: WebSocketEventHandler<this, 'open'>) {
    this.#handlers.set('open', handler);
  }

  get onmessage(): WebSocketEventHandler<this, 'message'> {
    return this.#handlers.get('message') as WebSocketEventHandler<this, 'message'>;
  }
  set onmessage(handler: WebSocketEventHandler<this, 'message'>) {
    this.#handlers.set('message', handler);
  }

  get onerror(): WebSocketEventHandler<this, 'error'> {
    return this.#handlers.get('error') as WebSocketEventHandler<this, 'error'>;
  }
  set onerror(handler: WebSocketEventHandler<this, 'error'>) {
    this.#handlers.set('error', handler);
  }

  get onclose(): WebSocketEventHandler<this, 'close'> {
    return this.#handlers.get('close') as WebSocketEventHandler<this, 'close'>;
  }
  set onclose(handler: WebSocketEventHandler<this, 'close'>) {
    this.#handlers.set('close', handler);
  }

  /**
   * Sends a message: text, or the bytes of a Blob, an ArrayBuffer or a view as binary. Anything else is made a string
   * of.
   *
   * @throws DOMException named InvalidStateError before `open`. After the end nothing is sent, and nothing thrown
   */
  send(data: string | Blob | ArrayBuffer | ArrayBufferView): void;
  send(...given: unknown[]): void {
    if (given.length === 0) throw new TypeError('send() needs a message to send');
    const message = sendArgument(given[0]);
    if (this.#readyState === CONNECTING) {
      throw new DOMException("send() has to wait for 'open'", 'InvalidStateError');
    }
    const size = typeof message === 'string' ? Buffer.byteLength(message) : sizeOf(message);
    this.#bufferedAmount += size;
    if (this.#readyState !== OPEN) return;
    // Bytes that wait behind a Blob must be what they are now.
    const own = this.#waiting > 0 && message instanceof Uint8Array ? Uint8Array.from(message) : message;
    const payload: Sendable | Promise<Sendable> = own instanceof Blob ? own.arrayBuffer() : own;
    this.#inOrder(payload, (ready) => this.#transmit(ready, size));
  }

  /**
   * Begins the closing handshake, behind what was sent; before `open` it gives the connection up. A second call does
   * nothing.
   *
   * @param code 1000, or 3000 to 4999
   * @param reason at most 123 bytes of UTF-8
   * @throws DOMException named InvalidAccessError for another code, SyntaxError for a longer reason
   */
  close(code?: number, reason?: string): void {
    const close = closeArguments(code, reason);
    const { readyState } = this;
    if (readyState === CLOSING || readyState === CLOSED) return;
    this.#readyState = CLOSING;
    if (readyState === CONNECTING) {
      this.#abort.abort(new ConnectionClosedError('close() was called before the WebSocket was open'));
    } else {
      this.#inOrder(undefined, () => this.#connection!.close(close.code, close.reason));
    }
  }

  override addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => unknown,
    options?: AddOptions,
  ): void;
  override addEventListener(type: string, listener: Listener, options?: AddOptions): void;
  override addEventListener(type: string, listener: Listener, options?: AddOptions): void {
    super.addEventListener(type, listener, options);
  }

  override removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (event: WebSocketEventMap[Type]) => unknown,
    options?: RemoveOptions,
  ): void;
  override removeEventListener(type: string, listener: Listener, options?: RemoveOptions): void;
  override removeEventListener(type: string, listener: Listener, options?: RemoveOptions): void {
    super.removeEventListener(type, listener, options);
  }

  /** The life of the socket: each event is a task of its own. */
  async #run(options: ConnectOptions): Promise<void> {
    let connection: ClientConnection;
    try {
      const { signal } = options;
      const giveUp = this.#abort.signal;
      connection = await connect(this.#url, {
        ...options,
        signal: signal ? AbortSignal.any([signal, giveUp]) : giveUp,
      });
      if (connection.protocol === '' && options.subprotocols?.length) throw noSubprotocol(connection);
    } catch (error) {
      await task();
      await this.#closed({ error: error as Error, wasClean: false, code: CloseCode.AbnormalClosure, reason: '' });
      return;
    }
    this.#connection = connection;
    const error = await this.#deliver(connection);
    const { code, reason } = await connection.closed;
    await task();
    // The code is that of the peer's close frame, whatever we closed the connection with.
    const { isClean } = connection;
    await this.#closed({
      error: isClean ? null : error,
      wasClean: isClean,
      code: isClean ? code : CloseCode.AbnormalClosure,
      reason: isClean ? reason : '',
    });
  }

  /** Fires `open`, and `message` for every message; resolves with why there are no more. */
  async #deliver(connection: WebSocketConnection): Promise<Error> {
    connection.beginLoop();
    await task();
    if (this.#readyState === CLOSING) {
      connection.terminate();
    } else {
      this.#readyState = OPEN;
      this.dispatchEvent(new Event('open'));
    }
    try {
      for (;;) {
        this.#isDelivering = false;
        const message = await connection.receive();
        this.#isDelivering = true;
        await task();
        const data = typeof message === 'string' ? message : this.#binary(message!);
        if (this.#isHeard) this.dispatchEvent(new MessageEvent('message', { data, origin: this.#url.origin }));
      }
    } catch (error) {
      return error as Error;
    } finally {
      connection.endLoop();
    }
  }

  /** Messages that come after our `close()` are heard until the connection is closed; those of one given up are not. */
  get #isHeard(): boolean {
    return !this.#abort.signal.aborted;
  }

  #binary(bytes: Buffer): Blob | ArrayBuffer {
    if (this.#binaryType === 'blob') return new Blob([bytes]);
    const { buffer, byteOffset, byteLength } = bytes;
    return (
      byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    ) as ArrayBuffer;
  }

  async #closed(end: { error: Error | null; wasClean: boolean; code: number; reason: string }): Promise<void> {
    const { error, ...init } = end;
    this.#readyState = CLOSED;
    if (error !== null) {
      this.dispatchEvent(new WebSocketErrorEvent(error));
      await task();
    }
    this.dispatchEvent(new CloseEvent('close', init));
  }

  /** Calls back with the value, or what it resolves with: at once, unless a Blob before it is still being read. */
  #inOrder<Value>(value: Value | Promise<Value>, callback: (value: Value) => void): void {
    if (this.#waiting === 0 && !(value instanceof Promise)) {
      callback(value);
      return;
    }
    this.#waiting++;
    const read = handled(Promise.resolve(value));
    this.#order = this.#order
      .then(() => read)
      .then(callback)
      // A Blob that cannot be read, as one of a file that is gone, is a message that cannot be sent.
      .catch(() => this.#connection!.terminate())
      .finally(() => this.#waiting--);
  }

  #transmit(payload: Sendable, size: number): void {
    this.#connection!.send(payload, (error) => {
      if (!error) this.#bufferedAmount -= size;
    });
  }
}

for (const target of [WebSocket, WebSocket.prototype]) {
  for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
    Object.defineProperty(target, name, { value, enumerable: true, writable: false, configurable: false });
  }
}
Object.defineProperty(WebSocket.prototype, Symbol.toStringTag, { value: 'WebSocket', configurable: true });

function sizeOf(bytes: Uint8Array | Blob): number {
  return bytes instanceof Blob ? bytes.size : bytes.byteLength;
}

/** WHATWG WebSockets, "establish a WebSocket connection": stricter than RFC 6455, which lets a server choose none. */
function noSubprotocol(connection: ClientConnection): HandshakeError {
  const { status, headers } = connection.response;
  connection.terminate();
  return new HandshakeError('The server chose none of the subprotocols that were offered', {
    code: 'NO_SUBPROTOCOL',
    response: { status, headers, body: '' },
  });
}
