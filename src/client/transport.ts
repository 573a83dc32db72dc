import net, { type Socket } from 'node:net';
import tls, { type ConnectionOptions as TlsOptions } from 'node:tls';
import { InvalidOptionError } from '../protocol/errors';
import type { Attempt } from './attempt';
import { networkError } from './network-error';
import type { ResolvedConnectOptions } from './options';
import { proxyFromEnvironment } from './proxy';
import { hostOf, nameOf, portOf, type Target } from './target';
import { foreignTls } from './tls-options';
import { openTunnel } from './tunnel';

/** Versions of HTTP as TLS names them (ALPN; RFC 7301). */
export type HttpVersions = ReadonlyArray<'h2' | 'http/1.1'>;

/**
 * Opens what the handshake is sent over: TCP or a Unix socket, through a proxy where there is one, with TLS where the
 * URL says `wss:`.
 *
 * @param versions of HTTP to offer in TLS: what the server chose is the socket's `alpnProtocol`
 * @throws ConnectError, HandshakeError of a proxy, InvalidOptionError for TLS options that node:tls refuses
 */
export async function openTransport(
  attempt: Attempt,
  target: Target,
  options: ResolvedConnectOptions,
  versions: HttpVersions,
): Promise<Socket> {
  if (options.dial !== undefined) return attempt.keep(options.dial() as Socket);
  const { url, socketPath } = target;
  const proxy = socketPath === undefined ? chooseProxy(url, options.proxy) : null;
  const where = nameOf(target);
  let socket: Socket;
  if (proxy !== null) socket = await throughProxy(attempt, proxy, url, options);
  else {
    const address = socketPath === undefined ? { host: hostOf(url), port: portOf(url) } : { path: socketPath };
    socket = await dial(attempt, { ...address, ...options.network }, where);
  }
  if (url.protocol === 'wss:') socket = await secure(attempt, socket, hostOf(url), options.tls, versions, where);
  return socket;
}

function chooseProxy(url: URL, option: URL | false | undefined): URL | null {
  return option === undefined ? proxyFromEnvironment(url) : option || null;
}

async function throughProxy(attempt: Attempt, proxy: URL, url: URL, options: ResolvedConnectOptions): Promise<Socket> {
  const shown = `the proxy ${proxy.protocol}//${proxy.host}`;
  let socket = await dial(attempt, { host: hostOf(proxy), port: portOf(proxy), ...options.network }, shown);
  if (proxy.protocol === 'https:') {
    socket = await secure(attempt, socket, hostOf(proxy), foreignTls(options.tls), ['http/1.1'], shown);
  }
  return openTunnel(attempt, socket, proxy, `${url.hostname}:${portOf(url)}`);
}

async function dial(attempt: Attempt, address: net.NetConnectOpts, where: string): Promise<Socket> {
  let socket: Socket;
  try {
    socket = attempt.keep(net.connect({ ...address, noDelay: true }));
  } catch (error) {
    // What option 'lookup' throws, say.
    throw networkError(error, where);
  }
  return connected(attempt, socket, 'connect', where);
}

async function secure(
  attempt: Attempt,
  socket: Socket,
  host: string,
  given: TlsOptions,
  versions: HttpVersions,
  where: string,
): Promise<Socket> {
  const options: TlsOptions = {
    // RFC 6066, section 3: an address is no server name.
    ...(net.isIP(host) === 0 && { servername: host }),
    ALPNProtocols: [...versions],
    ...given,
    host,
    socket,
  };
  let secured: tls.TLSSocket;
  try {
    secured = tls.connect(options);
  } catch (error) {
    // A key that is none, a version that does not exist: thrown, and not emitted.
    throw new InvalidOptionError(`Option 'tls' cannot be used: ${(error as Error).message}`);
  }
  return connected(attempt, attempt.keep(secured), 'secureConnect', where);
}

async function connected<Kind extends Socket>(
  attempt: Attempt,
  socket: Kind,
  event: 'connect' | 'secureConnect',
  where: string,
): Promise<Kind> {
  try {
    await attempt.until(socket, event);
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : networkError(error, where);
  }
  return socket;
}
