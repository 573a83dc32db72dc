import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { packUnread } from '../connection/pack-unread';
import { HandshakeError, InvalidStateError } from '../protocol/errors';
import { toHttp1Request, toUpgradeRequest } from '../protocol/http1-request';
import type { AnyHttp2Server } from './http2-server';
import { completeSettings, widenWindow } from './http2-settings';
import { StreamSocket } from './stream-socket';

/** What serves the streams of a server. */
export interface Http2Bridge {
  /** Never listens: each stream comes to it as a connection. Its `'upgrade'` requests are the WebSockets. */
  readonly http1: Server;
  /** Hands a request to the `'request'` listeners of the server. */
  dispatch(request: IncomingMessage, response: ServerResponse): void;
  /** Leaves the server as it was, with the requests of node:http2 itself; streams that have come go on. */
  detach(): void;
}

type StreamListener = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: string[],
) => void;

/**
 * Has every stream of an HTTP/2 server served by node:http: as a connection of HTTP/1.1 in memory, whose requests go to the
 * `'request'` listeners of the server. Those of node:http2's own compatibility layer would look alike, and are not: no
 * middleware that reaches below the documented methods, and no Express, can work with them.
 *
 * Extended CONNECT for WebSockets (RFC 8441) is announced, and comes as the upgrade request that it stands for.
 */
export function bridgeHttp2(server: AnyHttp2Server): Http2Bridge {
  const http1 = http.createServer();
  const dispatch = (request: IncomingMessage, response: ServerResponse): void => {
    overHttp2(request, response);
    server.emit('request', request, response);
  };
  http1.on('request', dispatch);
  http1.on('checkContinue', (request, response) => {
    overHttp2(request, response);
    if (server.emit('checkContinue', request, response)) return;
    response.writeContinue();
    dispatch(request, response);
  });

  // node:http's own answer has no length, so that it could not be told from one that was cut short.
  http1.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!server.emit('clientError', error, socket)) (socket as StreamSocket).refuse(statusFor(error));
  });

  http1.on('checkExpectation', (request, response) => {
    overHttp2(request, response);
    if (!server.emit('checkExpectation', request, response)) response.writeHead(417).end();
  });

  // What holds for the server's clients of HTTP/1.1, or else node:http's own, which enforces it only where it listens.
  const timeout = () => (server as { requestTimeout?: number }).requestTimeout ?? http1.requestTimeout;

  const compatibility = takeCompatibilityLayer(server);
  const onStream: StreamListener = (stream, headers, flags, rawHeaders) => {
    // For as long as it lives: a reset can come at any time, and without a listener it ends the process.
    stream.on('error', ignoreError);
    // A server that looks at streams itself, or a stream that is over before it is looked at.
    if (server.listenerCount('request') === 0 || stream.closed || stream.destroyed || stream.headersSent) return;
    const { ':method': method = '', ':protocol': protocol } = headers;
    if (method !== 'CONNECT' || protocol === 'websocket') serve(http1, stream, headers, rawHeaders, timeout());
    else if (protocol === undefined || server.listenerCount('connect') > 0)
      compatibility(stream, headers, flags, rawHeaders);
    // RFC 9220, section 3: the status for a protocol that is not known.
    else stream.respond({ ':status': 501 }, { endStream: true });
  };
  server.on('stream', onStream);
  server.on('session', widenWindow);
  const restoreSettings = completeSettings(server);
  return {
    http1,
    dispatch,
    detach() {
      server.off('stream', onStream);
      server.off('session', widenWindow);
      server.on('stream', compatibility);
      restoreSettings();
    },
  };
}

/** Has node:http serve a stream. */
function serve(
  http1: Server,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: string[],
  requestTimeout: number,
): void {
  const { ':method': method = '', ':path': path = '', ':authority': authority, ':protocol': protocol } = headers;
  const request = { method, path, authority, rawHeaders, isEnded: stream.endAfterHeaders };
  packUnread(stream);
  let socket: StreamSocket;
  try {
    if (protocol === undefined) {
      const details = { isHead: method === 'HEAD', hidesAccept: false, requestTimeout };
      socket = new StreamSocket(stream, toHttp1Request(request), details);
    } else {
      const { hasKey, ...upgrade } = toUpgradeRequest(request);
      socket = new StreamSocket(stream, upgrade, { isHead: false, hidesAccept: !hasKey, requestTimeout });
    }
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    stream.respond({ ':status': error.status, 'content-type': 'text/plain; charset=utf-8' });
    stream.end(`${error.message}\n`);
    return;
  }
  http1.emit('connection', socket);
}

/** What node:http answers where its parser fails. */
function statusFor({ code }: NodeJS.ErrnoException): number {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW' ? 413 : 400;
}

/** What a request looks like to whoever asks how it came. */
function overHttp2(request: IncomingMessage, response: ServerResponse): void {
  request.httpVersion = '2.0';
  request.httpVersionMajor = 2;
  request.httpVersionMinor = 0;
  // No other request follows on this stream.
  response.shouldKeepAlive = false;
  packUnread(request);
}

/** The listener by which node:http2 makes requests of streams; taken off the server. */
function takeCompatibilityLayer(server: AnyHttp2Server): StreamListener {
  // It comes with the first listener for 'request', and must not come later.
  server.on('request', noListener);
  const listener = server.listeners('stream').find(({ name }) => name === 'bound onServerStream');
  server.off('request', noListener);
  if (listener === undefined) {
    throw new InvalidStateError(
      `attach() does not find what makes requests of HTTP/2 streams here, in Node ${process.version}: ` +
        "were listeners for 'stream' taken off this server?",
      { code: 'UNKNOWN_HTTP2' },
    );
  }
  server.off('stream', listener as StreamListener);
  return listener as StreamListener;
}

function noListener(): void {}

function ignoreError(): void {}
