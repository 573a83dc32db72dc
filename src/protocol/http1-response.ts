import { trimBlanks } from './headers';

/** Names and values in order; repeated names stand repeatedly. */
export type HeaderPairs = Array<[name: string, value: string]>;

/** Takes what a response consists of, in order. Bytes belong to whoever takes them. */
export interface ResponseSink {
  /** A response before the response: 100, 102, 103. */
  receivedInterim(status: number, headers: HeaderPairs): void;
  /** @param body what follows, by its head: nothing, bytes, or bytes with trailers behind */
  receivedHead(status: number, headers: HeaderPairs, body: 'none' | 'bytes' | 'chunks'): void;
  receivedBody(bytes: Buffer): void;
  receivedEnd(trailers: HeaderPairs): void;
}

const none = Buffer.alloc(0);

/** Where the reader stands. */
const State = {
  Head: 0,
  /** `Content-Length` bytes, or all until the end. */
  Bytes: 1,
  ChunkSize: 2,
  Chunk: 3,
  /** The line break behind a chunk. */
  ChunkEnd: 4,
  Trailers: 5,
  /** After the response, or a 101: nothing is read any more. */
  Over: 6,
} as const;
type State = (typeof State)[keyof typeof State];

/**
 * Reads one response of HTTP/1.1 (RFC 9112) as node:http writes it, in whatever pieces. It is no reader for what comes from
 * somebody else: it takes the writer's word for everything.
 */
export class Http1ResponseReader {
  private state: State = State.Head;
  /** Bytes of a line, or of a head, that has not ended yet. */
  private kept: Buffer = none;
  /** Bytes of the body, or of the chunk, that are still to come; infinite for a body that ends with its connection. */
  private rest = 0;
  private trailers: HeaderPairs = [];

  /** @param isHead the request was HEAD: no body follows, whatever the response says */
  constructor(
    private readonly sink: ResponseSink,
    private readonly isHead: boolean,
  ) {}

  /** The whole response has been read. */
  get isOver(): boolean {
    return this.state === State.Over;
  }

  write(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && this.state !== State.Over) {
      if (this.state === State.Bytes || this.state === State.Chunk) at = this.readBody(chunk, at);
      else at = this.readLines(chunk, at);
    }
  }

  /** The writer has ended: so has a body of unknown length. Any other response was cut short if it is not over. */
  end(): void {
    if (this.state === State.Bytes && this.rest === Number.POSITIVE_INFINITY) this.over();
  }

  private readBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.rest);
    this.rest -= end - at;
    this.sink.receivedBody(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    if (this.rest > 0) return end;
    if (this.state === State.Chunk) this.state = State.ChunkEnd;
    else this.over();
    return end;
  }

  private readLines(chunk: Buffer, at: number): number {
    const bytes = this.kept.length === 0 ? chunk.subarray(at) : Buffer.concat([this.kept, chunk.subarray(at)]);
    // A head is taken as a whole.
    const mark = this.state === State.Head ? '\r\n\r\n' : '\r\n';
    const found = bytes.indexOf(mark, 0, 'latin1');
    if (found === -1) {
      this.kept = bytes;
      return chunk.length;
    }
    const end = found + mark.length;
    const next = at + end - this.kept.length;
    this.kept = none;
    this.readLine(bytes.toString('latin1', 0, end));
    return next;
  }

  private readLine(line: string): void {
    switch (this.state) {
      case State.Head:
        this.readHead(line);
        break;
      case State.ChunkSize:
        this.rest = Number.parseInt(line, 16);
        this.state = this.rest === 0 ? State.Trailers : State.Chunk;
        break;
      case State.ChunkEnd:
        this.state = State.ChunkSize;
        break;
      case State.Trailers:
        if (line === '\r\n') this.over();
        else this.trailers.push(parseField(line));
        break;
    }
  }

  private readHead(head: string): void {
    const [statusLine = '', ...lines] = head.slice(0, -4).split('\r\n');
    const status = Number(statusLine.split(' ', 2)[1]);
    const headers = lines.map(parseField);
    if (status < 200 && status !== 101) {
      this.sink.receivedInterim(status, headers);
      return;
    }
    const length = headers.find(([name]) => name === 'content-length')?.[1];
    const isChunked = headers.some(([name, value]) => name === 'transfer-encoding' && /\bchunked\b/i.test(value));
    const isEmpty = this.isHead || status === 101 || status === 204 || status === 304 || length === '0';
    if (isEmpty) {
      this.sink.receivedHead(status, headers, 'none');
      this.over();
      return;
    }
    this.state = isChunked ? State.ChunkSize : State.Bytes;
    this.rest = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
    this.sink.receivedHead(status, headers, isChunked ? 'chunks' : 'bytes');
  }

  private over(): void {
    this.state = State.Over;
    this.sink.receivedEnd(this.trailers);
  }
}

/** Of a header line, with or without its line break; names in lower case, as HTTP/2 wants them. */
function parseField(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), trimBlanks(line.slice(colon + 1).replace(/\r\n$/, ''))];
}
