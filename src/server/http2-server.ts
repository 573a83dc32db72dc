import type { Http2SecureServer, Http2Server } from 'node:http2';

/** A server of node:http2, with TLS or without. */
export type AnyHttp2Server = Http2Server | Http2SecureServer;

/** True for a server of node:http2: no other has `updateSettings()`. */
export function isHttp2Server(server: unknown): server is AnyHttp2Server {
  return typeof (server as Partial<AnyHttp2Server> | null | undefined)?.updateSettings === 'function';
}
