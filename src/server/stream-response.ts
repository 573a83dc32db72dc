import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { underWay } from '../connection/http2-stream';
import { connectionHeaders } from '../protocol/headers';
import { type HeaderPairs, Http1ResponseReader, type ResponseSink } from '../protocol/http1-response';

/** What is never said in a response over HTTP/2; `TE` is for requests. */
const unspoken = new Set([...connectionHeaders, 'te']);

/** Milliseconds for which a client may go on sending what nobody reads, before it is told to stop. */
const patience = 1_000;

type WriteCallback = (error?: Error | null) => void;

/** Sends on a stream of HTTP/2 what a response says in HTTP/1.1. */
export class StreamResponse implements ResponseSink {
  private readonly reader: Http1ResponseReader;
  private readonly body: Buffer[] = [];
  private trailers: OutgoingHttpHeaders = {};
  private isUpgraded = false;
  private whenTaken: WriteCallback | null = null;

  /**
   * @param isHead the request was HEAD
   * @param hidesAccept `Sec-WebSocket-Accept` answers a key that the client has not sent
   */
  constructor(
    private readonly stream: ServerHttp2Stream,
    isHead: boolean,
    private readonly hidesAccept: boolean,
  ) {
    this.reader = new Http1ResponseReader(this, isHead);
  }

  /** The head has been sent. */
  get hasBegun(): boolean {
    return this.stream.headersSent;
  }

  /** The response is complete. */
  get isOver(): boolean {
    return this.reader.isOver;
  }

  /** Takes bytes of HTTP/1.1, and calls back when the stream has taken the body among them. */
  write(chunks: readonly Buffer[], callback: WriteCallback): void {
    for (const chunk of chunks) this.reader.write(chunk);
    this.whenTaken = callback;
    this.send();
  }

  /** The bytes that were written last have been taken; or the stream has closed, and takes no more. */
  taken(error?: Error | null): void {
    const { whenTaken } = this;
    this.whenTaken = null;
    whenTaken?.(error);
  }

  /** No more bytes come. A response that was cut short ends with an error at the client, too. */
  end(): void {
    this.reader.end();
    this.send();
    if (this.isOver) this.dropRequest();
    else this.cut();
  }

  /** Gives the response up, unless it is complete. */
  cut(): void {
    // Not by close(), which would say END_STREAM first. It becomes INTERNAL_ERROR.
    if (!this.isGone && !this.isOver) this.stream.destroy(new Error('The response was cut short'));
  }

  receivedInterim(status: number, headers: HeaderPairs): void {
    if (this.isGone || this.hasBegun) return;
    attempt({ ':status': status, ...this.outgoing(headers) }, (outgoing) => this.stream.additionalHeaders(outgoing));
  }

  receivedHead(status: number, headers: HeaderPairs, body: 'none' | 'bytes' | 'chunks'): void {
    if (this.isGone) return;
    // RFC 8441, section 5: a 200 is what a 101 is otherwise, and the stream goes on.
    this.isUpgraded = status === 101;
    const outgoing = { ':status': this.isUpgraded ? 200 : status, ...this.outgoing(headers) };
    const options = { endStream: body === 'none' && !this.isUpgraded, waitForTrailers: body === 'chunks' };
    if (!attempt(outgoing, (headers) => this.stream.respond(headers, options))) {
      if (this.hasBegun) this.stream.destroy(new Error('Somebody else has answered on this stream'));
      else this.stream.respond({ ':status': 500 }, { endStream: true });
    }
    if (options.waitForTrailers) this.stream.once('wantTrailers', () => this.sendTrailers());
  }

  receivedBody(bytes: Buffer): void {
    this.body.push(bytes);
  }

  receivedEnd(trailers: HeaderPairs): void {
    this.trailers = this.outgoing(trailers);
  }

  private get isGone(): boolean {
    return this.stream.closed || this.stream.destroyed;
  }

  private send(): void {
    const { stream, body } = this;
    const [first] = body;
    // It does not take a body for a 205, which has none.
    if (first === undefined || !stream.writable) {
      body.length = 0;
      this.taken();
    } else {
      const piece = first.subarray(0, underWay);
      if (piece.length === first.length) body.shift();
      else body[0] = first.subarray(piece.length);
      stream.write(piece, (error) => (error || body.length === 0 ? this.taken(error) : this.send()));
    }
    if (this.isOver && body.length === 0 && !this.isUpgraded && !this.isGone) stream.end();
  }

  private sendTrailers(): void {
    const { stream } = this;
    if (!attempt(this.trailers, (trailers) => stream.sendTrailers(trailers))) stream.sendTrailers({});
  }

  /** What the client still sends of a request that is answered is dropped, and the client told to stop. */
  private dropRequest(): void {
    const { stream } = this;
    if (this.isGone) return;
    stream.resume();
    if (stream.readableEnded) return;
    // RFC 9113, section 8.1: RST_STREAM with NO_ERROR. Right behind the answer it would take one without a body back, and
    // clients that are sending, as curl 7.88, would lose any.
    const stop = setTimeout(() => stream.close(), patience).unref();
    stream.once('close', () => clearTimeout(stop));
  }

  private outgoing(headers: HeaderPairs): OutgoingHttpHeaders {
    const outgoing: Record<string, string | string[]> = {};
    for (const [name, value] of headers) {
      if (unspoken.has(name) || (this.hidesAccept && name === 'sec-websocket-accept')) continue;
      const earlier = outgoing[name];
      outgoing[name] = earlier === undefined ? value : [earlier, value].flat();
    }
    return outgoing;
  }
}

/**
 * Sends headers, or warns of what HTTP/2 cannot say: where it is no fault of the peer, the application should know.
 *
 * @returns whether they were sent
 */
function attempt(headers: OutgoingHttpHeaders, send: (headers: OutgoingHttpHeaders) => void): boolean {
  try {
    send(headers);
    return true;
  } catch (error) {
    // HTTP/1.1 lets a header stand twice that has one value: clients go by the first.
    const single = withFirstValues(headers);
    if (single !== headers) return attempt(single, send);
    process.emitWarning(`A response cannot be sent over HTTP/2: ${(error as Error).message}`);
    return false;
  }
}

/** The same headers, each but cookies with its first value; themselves, where none has more. */
function withFirstValues(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const entries = Object.entries(headers);
  const isList = ([name, value]: (typeof entries)[number]) => Array.isArray(value) && name !== 'set-cookie';
  if (!entries.some(isList)) return headers;
  return Object.fromEntries(entries.map((entry) => [entry[0], isList(entry) ? (entry[1] as string[])[0] : entry[1]]));
}
