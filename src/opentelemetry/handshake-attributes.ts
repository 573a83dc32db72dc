import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Attributes } from '@opentelemetry/api';
import { StreamSocket } from '../server/stream-socket';

/** What Express adds to a request. */
type RoutedRequest = IncomingMessage & { ip?: unknown; baseUrl?: unknown; route?: { path?: unknown } };

/** Of an upgrade request, by the semantic conventions; without the query, as there may be a token in it. */
export function requestAttributes(request: IncomingMessage): Attributes {
  const { socket, url = '', headers } = request;
  const isEncrypted = (socket as { encrypted?: boolean }).encrypted === true;
  const agent = headers['user-agent'];
  return {
    'http.request.method': methodOf(request),
    'url.path': url.split('?', 1)[0]!,
    'url.scheme': isEncrypted ? 'https' : 'http',
    'network.protocol.version': isHttp2(request) ? '2' : request.httpVersion,
    ...(socket.remoteAddress !== undefined && { 'network.peer.address': socket.remoteAddress }),
    ...(agent !== undefined && { 'user_agent.original': agent }),
  };
}

/** On the wire it is an extended CONNECT where Express sees a GET (RFC 8441, section 5). */
export function methodOf(request: IncomingMessage): string {
  return isHttp2(request) ? 'CONNECT' : (request.method ?? 'GET');
}

/** As on the wire: over HTTP/2, 200 accepts (RFC 8441, section 5). */
export function statusOf(request: IncomingMessage, status: number): number {
  return status === 101 && isHttp2(request) ? 200 : status;
}

/** Where Express says who the client is, behind proxies that it trusts. */
export function clientAddress(request: IncomingMessage): string | undefined {
  const { ip } = request as RoutedRequest;
  return typeof ip === 'string' ? ip : request.socket.remoteAddress;
}

/**
 * The path of the route that accepts, as it was given. Below a mounted router it is not known: Express keeps what the client has
 * asked for there, not the pattern. Nor is it of a refusal, which leaves the router before it is answered.
 */
export function routeOf(request: IncomingMessage): string | undefined {
  const { baseUrl, route } = request as RoutedRequest;
  return typeof route?.path === 'string' && baseUrl === '' ? route.path : undefined;
}

/** The request says so itself only when the app has it. */
function isHttp2({ socket }: IncomingMessage): boolean {
  return (socket as Duplex) instanceof StreamSocket;
}
