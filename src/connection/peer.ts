import type { Duplex } from 'node:stream';
import { isHttp2Stream } from './http2-stream';

/** Address and port of whoever is at the other end of a transport, for people to read; empty where it has none, or has gone. */
export function peerOf(transport: Duplex): string {
  const socket = isHttp2Stream(transport) ? socketOfSession(transport) : transport;
  const { remoteAddress, remotePort, remoteFamily } = (socket ?? {}) as {
    remoteAddress?: string;
    remotePort?: number;
    remoteFamily?: string;
  };
  if (remoteAddress === undefined) return '';
  return remoteFamily === 'IPv6' ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

/** The socket of a session that is destroyed cannot be asked anything. */
function socketOfSession({ session }: { session?: { destroyed: boolean; socket: object } | undefined }): unknown {
  return session === undefined || session.destroyed ? undefined : session.socket;
}
