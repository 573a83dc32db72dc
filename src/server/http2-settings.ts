import type { ServerHttp2Session, Settings } from 'node:http2';
import type { AnyHttp2Server } from './http2-server';

const defaults = {
  /** WebSockets come over HTTP/2, too (RFC 8441, section 3). */
  enableConnectProtocol: true,
  /** Streams of a session that may be open at once; node:http2 has no bound. */
  maxConcurrentStreams: 1_000,
  /** Bytes of a stream that nobody has read yet. A message of 64 KiB does not fit into node:http2's 64 KiB less a byte. */
  initialWindowSize: 128 * 1024,
} satisfies Settings;

/**
 * Megabytes of what is under way in a session, beyond which node:http2 refuses new streams. Its 10 would be used up by what a
 * hundred and sixty slow clients are sent.
 */
const maxSessionMemory = 64;

/**
 * Bytes of a session that are under way to us. node:http2 gives way at once for what has come, so that this bounds no memory,
 * but how fast all streams together can send: in 64 KiB one of 64 KiB holds up ninety-nine others.
 */
const sessionWindow = 4 * 1024 * 1024;

interface Http2Options {
  settings?: Settings | undefined;
  maxSessionMemory?: number | undefined;
}

/**
 * Sets what the sessions of a server are told and allowed, where its own options do not say.
 *
 * @returns what takes it back
 */
export function completeSettings(server: AnyHttp2Server): () => void {
  // node:http2 keeps what a server was made with under a key of its own.
  const key = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'options');
  const options: Http2Options = (key && (server as unknown as Record<symbol, Http2Options>)[key]) ?? {};
  const { settings, maxSessionMemory: memory } = options;
  server.updateSettings({ ...defaults, ...settings });
  options.maxSessionMemory = memory ?? maxSessionMemory;
  return () => {
    options.settings = settings;
    options.maxSessionMemory = memory;
  };
}

/** Lets the streams of a session send more, all together, than node:http2 does. */
export function widenWindow(session: ServerHttp2Session): void {
  if (!session.destroyed) session.setLocalWindowSize(sessionWindow);
}
