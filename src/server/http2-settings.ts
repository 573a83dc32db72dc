import type { ServerHttp2Session, Settings } from 'node:http2';
import type { AnyHttp2Server } from './http2-server';

const defaults = {
  /** Streams of a session that may be open at once; node:http2 has no bound. */
  maxConcurrentStreams: 1_000,
  /** Bytes of a stream that nobody has read yet. A message of 64 KiB does not fit into node:http2's 64 KiB less a byte. */
  initialWindowSize: 128 * 1024,
} satisfies Settings;

/**
 * Bytes of a session that are under way to us. node:http2 gives way at once for what has come, so that this bounds no memory,
 * but how fast all streams together can send: in 64 KiB one of 64 KiB holds up ninety-nine others.
 */
const sessionWindow = 4 * 1024 * 1024;

/** What the sessions of a server are told, where its own settings do not say. */
export function settingsFor(server: AnyHttp2Server): Settings {
  // node:http2 keeps what a server was made with under a key of its own.
  const key = Object.getOwnPropertySymbols(server).find(({ description }) => description === 'options');
  const options = key === undefined ? undefined : (server as unknown as Record<symbol, unknown>)[key];
  return { ...defaults, ...(options as { settings?: Settings } | undefined)?.settings };
}

/** Lets the streams of a session send more, all together, than node:http2 does. */
export function widenWindow(session: ServerHttp2Session): void {
  if (!session.destroyed) session.setLocalWindowSize(sessionWindow);
}
