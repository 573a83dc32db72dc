import { once } from 'node:events';
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo, Server } from 'node:net';

/** An answer to a request of HTTP/2, with how its stream ended. */
export interface StreamAnswer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
  /** `RST_STREAM`'s code, or 0. */
  rstCode: number;
}

/** Servers and sessions without TLS of one test, all closed by `close()`. */
export class Http2Site {
  private readonly servers: Server[] = [];
  private readonly sessions: ClientHttp2Session[] = [];

  async listen(server: Server): Promise<number> {
    this.servers.push(server);
    server.listen(0);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A session of node:http2 that has heard the server's settings. */
  async connect(port: number): Promise<ClientHttp2Session> {
    const session = http2.connect(`http://localhost:${port}`);
    session.on('error', () => {});
    this.sessions.push(session);
    await once(session, 'remoteSettings');
    return session;
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    for (const server of this.servers) if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

/** Sends a request, with a body or without, and waits for its stream to close. */
export async function fetchStream(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<StreamAnswer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

/** The answer on a stream, when it has closed. */
export async function answerOf(stream: ClientHttp2Stream): Promise<StreamAnswer> {
  let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let body = '';
  stream.on('response', (received) => {
    headers = received;
  });
  stream.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  stream.on('error', () => {});
  // once() would take an error for the end.
  await new Promise((resolve) => stream.on('close', resolve));
  return { status: headers[':status'], headers, body, rstCode: stream.rstCode };
}

/** An extended CONNECT for a WebSocket (RFC 8441, section 5). */
export function openStream(
  session: ClientHttp2Session,
  path = '/',
  headers: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const connect = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': path,
    'sec-websocket-version': '13',
  };
  return session.request({ ...connect, ...headers }, { endStream: false });
}
