import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Whether a transport is a socket of the system: what is read and written is what goes over it, and nothing in between. */
export function isPlainSocket(transport: unknown): transport is Socket {
  return transport instanceof Socket && !(transport instanceof TLSSocket);
}
