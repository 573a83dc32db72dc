import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Readable, Writable } from 'node:stream';

/** The head of a request. */
export interface RequestHead {
  /** `GET` when not given. */
  method?: string;
  /** With the query; `/` when not given. */
  path?: string;
  /** `host` becomes `:authority` in HTTP/2. */
  headers?: OutgoingHttpHeaders;
  /** Sent behind the body. HTTP/1.1 then sends the body in chunks. */
  trailers?: Record<string, string>;
}

/** A request with its body: a string and bytes are sent with their length, what is iterated is sent without. */
export interface WholeRequest extends RequestHead {
  body?: string | Buffer | AsyncIterable<Buffer>;
}

/** An answer before the answer: 100, 102 or 103. */
export interface InterimResponse {
  status: number;
  headers: IncomingHttpHeaders;
}

/** A response that has been read to its end. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  trailers: Record<string, string>;
  bytes: Buffer;
  text: string;
}

/** One interface over node's clients of HTTP/1.1 and HTTP/2, so that a test is written once. */
export interface HttpClient {
  /**
   * Sends the head, and leaves the body to `exchange.body`.
   *
   * @param ended says with the head that there is neither body nor trailers
   */
  open(head: RequestHead, ended?: boolean): Exchange;
  /** Cuts what connections there are, as a lost network does. */
  close(): void;
}

/** One request and its response. */
export class Exchange {
  /** Rejects when the request fails before there is a status. */
  readonly response: Promise<Response>;
  private readonly interims: InterimResponse[] = [];
  private readonly settle: { resolve(response: Response): void; reject(error: Error): void };
  private onInterim: () => void = () => {};

  /**
   * @param body what is sent; ended by `body.end()`
   * @param abort leaves without waiting for anything more
   */
  constructor(
    readonly body: Writable,
    readonly abort: () => void,
  ) {
    const { promise, ...settle } = withResolvers<Response>();
    this.response = promise;
    this.settle = settle;
    // A test that aborts does not have to wait for the failure.
    promise.catch(() => {});
  }

  /** Reads the whole response; rejects when it is cut. */
  async answer(): Promise<Answer> {
    return (await this.response).answer();
  }

  /** Waits for the next interim response; rejects when the final one comes first. */
  async interim(): Promise<InterimResponse> {
    if (this.interims.length === 0) {
      const came = new Promise<void>((resolve) => {
        this.onInterim = resolve;
      });
      await Promise.race([came, this.response]);
    }
    const interim = this.interims.shift();
    if (interim === undefined) throw new Error('The final response came without an interim one');
    return interim;
  }

  /** @internal */
  receivedInterim(interim: InterimResponse): void {
    this.interims.push(interim);
    this.onInterim();
  }

  /** @internal */
  receivedResponse(response: Response): void {
    this.settle.resolve(response);
  }

  /** @internal */
  failed(error: Error): void {
    this.settle.reject(error);
  }
}

/** A response whose head has come. Nothing of the body is read before somebody asks. */
export class Response {
  /** Resolves when the peer has said that this is all, rejects when the response was cut before. */
  readonly whole: Promise<void>;
  private readonly settle: { resolve(): void; reject(error: Error): void };

  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly stream: Readable,
    private readonly trailers: () => Record<string, string>,
  ) {
    const { promise, ...settle } = withResolvers<void>();
    this.whole = promise;
    this.settle = settle;
    promise.catch(() => {});
  }

  /** Reads on to the end. */
  async answer(): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.chunks()) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { status, headers } = this;
    return { status, headers, trailers: this.trailers(), bytes, text: bytes.toString() };
  }

  /** The body as it comes; throws when it is cut. Leaving the loop early leaves the request. */
  async *chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of this.stream) yield chunk as Buffer;
    await this.whole;
  }

  /** Reads until so much text has come that `text` is in it, and leaves the rest unread. */
  async readUntil(text: string): Promise<string> {
    let read = '';
    while (!read.includes(text)) {
      const chunk = this.stream.read() as Buffer | null;
      if (chunk !== null) read += chunk.toString();
      else if (this.stream.readableEnded || this.stream.destroyed) throw new Error(`The response ended after: ${read}`);
      else await new Promise<void>((resolve) => whenReadable(this.stream, resolve));
    }
    return read;
  }

  /** @internal */
  ended(error?: Error): void {
    if (error === undefined) this.settle.resolve();
    else this.settle.reject(error);
  }
}

/** Sends a whole request, and gives what it is answered as soon as that comes. */
export function send(client: HttpClient, request: WholeRequest): Exchange {
  const { body, headers = {}, ...head } = request;
  const length = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.byteLength(body) : undefined;
  const announced = length === undefined || request.trailers ? {} : { 'content-length': length };
  const ended = body === undefined && request.trailers === undefined;
  const exchange = client.open({ ...head, headers: { ...announced, ...headers } }, ended);
  if (ended) return exchange;
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) exchange.body.end(body);
  else void writeAll(body, exchange.body);
  return exchange;
}

/** Writes what is iterated, no faster than it is taken. Ends when the request has gone. */
async function writeAll(source: AsyncIterable<Buffer>, target: Writable): Promise<void> {
  const gone = new Promise<void>((resolve) => target.once('close', resolve));
  for await (const chunk of source) {
    if (target.destroyed) return;
    if (!target.write(chunk)) await Promise.race([new Promise((resolve) => target.once('drain', resolve)), gone]);
  }
  target.end();
}

function whenReadable(stream: Readable, listener: () => void): void {
  const events = ['readable', 'end', 'close', 'error'];
  const once = () => {
    for (const event of events) stream.off(event, once);
    listener();
  };
  for (const event of events) stream.on(event, once);
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}
