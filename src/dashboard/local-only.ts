import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { ExpressRequest } from '../express/express-internals';
import { reachedThroughExpress } from '../express/trust-proxy';
import { HandshakeError } from '../protocol/errors';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Headers by which a request says that it came through a proxy. */
const ofProxies = /^via$|^cf-|(?:^|-)(?:forwarded|real-ip|client-?ip|user-?ip|external-address)(?:-|$)/;

/** Names that a browser never asks the network for, so that no foreign page can point one of its own names here (DNS rebinding). */
const localHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Why a request is not of this machine, as the refusal that says so; undefined for one that is. */
export function refusalOfRemote(request: ExpressRequest): HandshakeError | undefined {
  const { remoteAddress } = request.socket;
  if (!isLoopback(remoteAddress)) return refusal(`this request came from ${remoteAddress ?? 'an unknown address'}`);
  const through = Object.keys(request.headers).filter((name) => ofProxies.test(name));
  if (through.length > 0 && !isLocalThroughProxy(request)) {
    return refusal(`this request came through a proxy (${through.join(', ')}) from elsewhere, or nobody knows where`);
  }
  const { host = '' } = reachedThroughExpress(request);
  if (!localHost.test(host)) return refusal(`this request was for the host ${JSON.stringify(host)}, not for localhost`);
  return undefined;
}

/**
 * A proxy is believed where 'trust proxy' names it, and where each hop was of this machine: which of the addresses was
 * written by a proxy, and which by the client, is known only by their number.
 */
function isLocalThroughProxy(request: ExpressRequest): boolean {
  const trust = request.app.get('trust proxy fn') as ((address: string, hop: number) => boolean) | undefined;
  const { socket, headers } = request;
  if (trust?.(socket.remoteAddress!, 0) !== true || headers.forwarded !== undefined) return false;
  const hops = [headers['x-forwarded-for'], headers['x-real-ip']].flat().filter((value) => value !== undefined);
  const addresses = [...hops.flatMap((value) => value.split(',')), request.ip];
  return headers['x-forwarded-for'] !== undefined && addresses.every((address) => isLoopback(address?.trim()));
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  if (isIPv4(address)) return loopback.check(address);
  return isIPv6(address) && loopback.check(address, 'ipv6');
}

function refusal(why: string): HandshakeError {
  return new HandshakeError(
    `The dashboard is shown to this machine only, and ${why}. To show it to others, put middleware that knows them ` +
      'before it, and give it the option dangerouslyAllowRemote: true',
    { status: 403, code: 'DASHBOARD_NOT_LOCAL' },
  );
}
