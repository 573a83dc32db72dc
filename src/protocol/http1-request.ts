import { HandshakeError } from './errors';
import { isKey } from './handshake';
import { connectionHeaders, isToken } from './headers';
import { isFieldText, isRequestTarget } from './http-head';

/** The head of a request as HTTP/2 has it: pseudo-headers by name, and all headers as they came, name behind name. */
export interface Http2Request {
  readonly method: string;
  readonly path: string;
  /** `:authority`, which stands for `Host` (RFC 9113, section 8.3.1). */
  readonly authority: string | undefined;
  /** Names and values in turn. Pseudo-headers among them are passed over. */
  readonly rawHeaders: readonly string[];
  /** No body follows. */
  readonly isEnded: boolean;
}

/** A request head as HTTP/1.1 writes it. */
export interface Http1Request {
  readonly head: Buffer;
  /**
   * How what follows is written. `'chunks'`: a body whose length is not known; `'stream'`: bytes of another protocol, in both
   * directions.
   */
  readonly body: 'none' | 'bytes' | 'chunks' | 'stream';
}

/**
 * Writes a request of HTTP/2 as one of HTTP/1.1. Whatever could end a line early is refused, though node:http2 lets none of
 * it pass: what one side takes for a header and the other for a request is how requests are smuggled.
 *
 * @throws HandshakeError (400) for what HTTP/1.1 cannot say
 */
export function toHttp1Request(request: Http2Request): Http1Request {
  const { method, isEnded } = request;
  const lines: string[] = [];
  const hasLength = appendHeaders(lines, request, connectionHeaders);
  const body = isEnded ? 'none' : hasLength ? 'bytes' : 'chunks';
  if (body === 'chunks') lines.push('transfer-encoding: chunked');
  return { head: serialize(method, request.path, lines), body };
}

const lineBreak = Buffer.from('\r\n', 'latin1');

const handshakeHeaders = new Set([...connectionHeaders, 'sec-websocket-key']);

/** Stands where a client of HTTP/2 sends no key, as none needs to (RFC 8441, section 5.1). Its answer is not sent. */
const placeholderKey = 'AAAAAAAAAAAAAAAAAAAAAA==';

/**
 * Writes an extended CONNECT for a WebSocket (RFC 8441, section 5) as the upgrade request that it stands for.
 *
 * @throws HandshakeError (400) for what HTTP/1.1 cannot say
 */
export function toUpgradeRequest(request: Http2Request): Http1Request & { hasKey: boolean } {
  const { rawHeaders } = request;
  const keys = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1] === 'sec-websocket-key');
  const [key = placeholderKey] = keys.filter(isKey);
  const lines: string[] = [];
  appendHeaders(lines, request, handshakeHeaders);
  lines.push('connection: Upgrade', 'upgrade: websocket', `sec-websocket-key: ${key}`);
  return { head: serialize('GET', request.path, lines), body: 'stream', hasKey: key !== placeholderKey };
}

/** A part of a body whose length is not known (RFC 9112, section 7.1). */
export function writeChunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'), bytes, lineBreak]);
}

/** What ends a body in chunks (RFC 9112, section 7.1), with the trailers as they came: names and values in turn. */
export function lastChunk(rawTrailers: readonly string[]): string {
  let text = '0\r\n';
  for (let i = 0; i + 1 < rawTrailers.length; i += 2) {
    const name = rawTrailers[i]!;
    const value = rawTrailers[i + 1]!;
    // A trailer that cannot be said is left out: it is too late for a refusal.
    if (isToken(name) && isFieldText(value)) text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

/** @returns whether `Content-Length` is among them */
function appendHeaders(lines: string[], request: Http2Request, left: ReadonlySet<string>): boolean {
  const { authority, rawHeaders } = request;
  if (authority !== undefined) lines.push(`host: ${checkedValue('host', authority)}`);
  let hasLength = false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.startsWith(':') || left.has(name) || (name === 'host' && authority !== undefined)) continue;
    if (!isToken(name)) throw unspeakable('a header name that is not a token');
    lines.push(`${name}: ${checkedValue(name, rawHeaders[i + 1]!)}`);
    if (name === 'content-length') hasLength = true;
  }
  return hasLength;
}

function checkedValue(name: string, value: string): string {
  if (!isFieldText(value)) throw unspeakable(`a control character in its header ${name}`);
  return value;
}

function serialize(method: string, path: string, lines: string[]): Buffer {
  if (!isToken(method)) throw unspeakable('a method that is not a token');
  if (!isRequestTarget(path)) throw unspeakable('a path with blanks, control characters or letters beyond ASCII');
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function unspeakable(what: string): HandshakeError {
  return new HandshakeError(`The request has ${what}`, { status: 400, code: 'MALFORMED_HEAD' });
}
