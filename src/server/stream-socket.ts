import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { cut } from '../connection/http2-stream';
import { packUnread } from '../connection/pack-unread';
import { type Http1Request, lastChunk, writeChunk } from '../protocol/http1-request';
import { StreamResponse } from './stream-response';

/** What middleware asks of a socket, and all streams of a session have in common. */
const ofSession = [
  'address',
  'alpnProtocol',
  'authorizationError',
  'authorized',
  'encrypted',
  'getCertificate',
  'getCipher',
  'getPeerCertificate',
  'getPeerX509Certificate',
  'getProtocol',
  'getSession',
  'isSessionReused',
  'localAddress',
  'localFamily',
  'localPort',
  'remoteAddress',
  'remoteFamily',
  'remotePort',
  'servername',
] as const;

/**
 * A stream of HTTP/2 as the socket of an HTTP/1.1 connection: node:http reads the stream's request from it, and writes the
 * response to it. So whatever is made for node:http, as Express and its middleware are, need not know of HTTP/2.
 *
 * A WebSocket does not go on through it: `handOver()` gives the stream itself.
 */
export class StreamSocket extends Duplex {
  /** @internal */
  readonly session: Http2Session | undefined;
  private readonly response: StreamResponse;
  private trailers: readonly string[] = [];
  private isHandedOver = false;
  private readonly deadline: NodeJS.Timeout | undefined;

  /** @param details see `StreamResponse`; `requestTimeout` is in milliseconds, for a body to come, and 0 is none */
  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly request: Http1Request,
    details: { isHead: boolean; hidesAccept: boolean; requestTimeout: number },
  ) {
    super();
    this.session = stream.session;
    this.response = new StreamResponse(stream, details.isHead, details.hidesAccept);
    packUnread(this);
    this.push(request.head);
    stream.on('data', this.onData);
    stream.on('end', this.onEnd);
    stream.on('trailers', this.onTrailers);
    stream.on('close', this.onClose);
    stream.on('timeout', this.onTimeout);
    const awaitsBody = request.body === 'bytes' || request.body === 'chunks';
    if (awaitsBody && details.requestTimeout > 0) {
      this.deadline = setTimeout(() => this.refuse(408), details.requestTimeout).unref();
    }
  }

  /** Lets go of the stream behind a 101, with what has come meanwhile still in it. */
  handOver(): ServerHttp2Stream {
    const { stream } = this;
    this.isHandedOver = true;
    stream.pause();
    this.forget();
    // Only so does the next 'data' listener make it flow again.
    (stream as { readableFlowing: boolean | null }).readableFlowing = null;
    // Node 26 gives a chunk at a time.
    const unread: Buffer[] = [];
    for (let chunk = this.read() as Buffer | null; chunk !== null; chunk = this.read()) unread.push(chunk);
    if (unread.length > 0) stream.unshift(Buffer.concat(unread));
    return stream;
  }

  override _read(): void {
    if (!this.isHandedOver) this.stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.response.write([chunk], callback);
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, callback: (error?: Error | null) => void): void {
    const bytes = chunks.map(({ chunk }) => chunk);
    this.response.write(bytes, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.response.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { stream } = this;
    if (this.isHandedOver) {
      cut(stream);
    } else {
      this.response.cut();
      this.forget();
    }
    callback(error);
  }

  /** Answers a request that node:http cannot read; destroys the socket where an answer has begun. */
  refuse(status: number): void {
    if (this.response.hasBegun || !this.writable) {
      this.destroy();
      return;
    }
    this.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    this.destroySoon();
  }

  /** As node:net has it: destroys the socket when all is written. node:http calls it behind the last response. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }

  setTimeout(milliseconds: number, callback?: () => void): this {
    if (callback !== undefined) this.once('timeout', callback);
    if (!this.stream.destroyed) this.stream.setTimeout(milliseconds);
    return this;
  }

  /** The session's socket decides that for all its streams. */
  setNoDelay(): this {
    return this;
  }

  /** The same. */
  setKeepAlive(): this {
    return this;
  }

  private forget(): void {
    const { stream } = this;
    clearTimeout(this.deadline);
    stream.off('data', this.onData);
    stream.off('end', this.onEnd);
    stream.off('trailers', this.onTrailers);
    stream.off('close', this.onClose);
    stream.off('timeout', this.onTimeout);
  }

  private readonly onData = (chunk: Buffer): void => {
    // One piece: a client may send a byte at a time, each of which would wait as three.
    const bytes = this.request.body === 'chunks' ? writeChunk(chunk) : chunk;
    if (!this.push(bytes)) this.stream.pause();
  };

  private readonly onTrailers = (_headers: unknown, _flags: number, rawTrailers: readonly string[]): void => {
    this.trailers = rawTrailers;
  };

  /** For node:http the end of a socket is a client that has left. */
  private readonly onEnd = (): void => {
    clearTimeout(this.deadline);
    // A stream that was reset is said to end as well.
    if (this.stream.closed) return;
    const { body } = this.request;
    if (body === 'chunks') this.push(lastChunk(this.trailers));
    else if (body === 'stream') this.push(null);
  };

  private readonly onClose = (): void => {
    const { response, stream } = this;
    // A stream may close before it says that what was written is taken: of a whole response all is.
    if (response.isOver && stream.rstCode === 0) {
      response.taken();
      this.destroySoon();
    } else {
      this.destroy();
    }
  };

  private readonly onTimeout = (): void => {
    this.emit('timeout');
  };
}

for (const name of ofSession) {
  Object.defineProperty(StreamSocket.prototype, name, {
    configurable: true,
    get(this: StreamSocket): unknown {
      const { session } = this;
      if (session === undefined || session.destroyed) return undefined;
      const value: unknown = Reflect.get(session.socket, name);
      return typeof value === 'function' ? value.bind(session.socket) : value;
    },
  });
}
