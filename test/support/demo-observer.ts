/** Is loaded into the demo before it begins, and tells the test of what no client can see. */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** A connection that was accepted, or a request that was answered, on the server with this port. */
export type Seen =
  | { kind: 'connection'; port: number | undefined }
  | { kind: 'answer'; port: number | undefined; path: string; version: string };

function tell(seen: Seen): void {
  process.send?.(seen);
}

subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket };
  tell({ kind: 'connection', port: socket.localPort });
});

subscribe('http.server.response.finish', (message) => {
  const { request } = message as { request: IncomingMessage & { originalUrl?: string } };
  const { originalUrl = '', httpVersion, socket } = request;
  tell({ kind: 'answer', port: socket.localPort, path: originalUrl, version: httpVersion });
});
