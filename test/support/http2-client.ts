import http2, { type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { Exchange, type HttpClient, type RequestHead, Response } from './http-client';

const { HTTP2_HEADER_STATUS, NGHTTP2_NO_ERROR } = http2.constants;

/** node:http2, over TLS when an authority is given. All requests go over one connection. */
export class Http2Client implements HttpClient {
  private readonly session: ClientHttp2Session;
  private readonly socket: Socket;

  constructor(port: number, authority?: string) {
    const host = '127.0.0.1';
    this.socket =
      authority === undefined
        ? net.connect(port, host)
        : tls.connect({ port, host, ca: authority, ALPNProtocols: ['h2'] });
    const scheme = authority === undefined ? 'http' : 'https';
    this.session = http2.connect(`${scheme}://${host}:${port}`, { createConnection: () => this.socket });
    // Whoever has a request under way is told by its stream.
    this.session.on('error', () => {});
  }

  open(head: RequestHead, ended = false): Exchange {
    const { trailers } = head;
    // Neither `close()` nor `destroy()`: the one would end the body first, as if it were whole, the other is no CANCEL.
    const leaving = new AbortController();
    const stream = this.session.request(headersOf(head), {
      endStream: ended,
      signal: leaving.signal,
      waitForTrailers: trailers !== undefined,
    });
    if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    const exchange = new Exchange(stream, () => leaving.abort());
    let response: Response | undefined;
    let received: Record<string, string> = {};
    stream.on('headers', (headers) => {
      exchange.receivedInterim({ status: Number(headers[HTTP2_HEADER_STATUS]), headers: withoutPseudo(headers) });
    });
    stream.on('response', (headers) => {
      const status = Number(headers[HTTP2_HEADER_STATUS]);
      response = new Response(status, withoutPseudo(headers), stream, () => received);
      exchange.receivedResponse(response);
    });
    stream.on('trailers', (headers) => {
      received = withoutPseudo(headers) as Record<string, string>;
    });
    const cut = () => new Error(`The stream was reset with code ${stream.rstCode}`);
    // A stream that was reset ends as well: what it ended with is the difference.
    stream.on('end', () => response?.ended(stream.rstCode === NGHTTP2_NO_ERROR ? undefined : cut()));
    stream.on('error', (error) => {
      exchange.failed(error);
      response?.ended(error);
    });
    stream.on('close', () => {
      exchange.failed(cut());
      response?.ended(cut());
    });
    return exchange;
  }

  close(): void {
    this.socket.destroy();
  }
}

function headersOf({ method = 'GET', path = '/', headers = {} }: RequestHead): OutgoingHttpHeaders {
  const { host, ...rest } = headers;
  const authority = host === undefined ? {} : { ':authority': String(host) };
  return { ':method': method, ':path': path, ...authority, ...rest };
}

function withoutPseudo(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}
