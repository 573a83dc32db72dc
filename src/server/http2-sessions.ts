import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AnyHttp2Server } from './http2-server';

/**
 * Bytes that a session may lose. What waits in a stream that is reset stays on node:http2's account of the session's memory
 * for good, until it refuses new streams; before that the session is ended, and its client begins another one.
 */
const maxLost = 16 * 1024 * 1024;

/** The sessions of an HTTP/2 server, which node:http2 keeps to itself. */
export class Http2Sessions {
  private readonly sessions = new Set<ServerHttp2Session>();

  constructor(private readonly server: AnyHttp2Server) {
    server.on('session', this.onSession);
  }

  /** Begins no new streams, and ends each session behind its last one: GOAWAY (RFC 9113, section 6.8). */
  close(): void {
    for (const session of this.sessions) if (!session.closed) session.close();
  }

  /**
   * The same, and resolves when all sessions have ended; those that have not are cut after the timeout.
   *
   * @param timeout milliseconds
   */
  async closeAll(timeout: number): Promise<void> {
    const closing = [...this.sessions];
    if (closing.length === 0) return;
    const ended = closing.map((session) => new Promise<void>((resolve) => session.once('close', resolve)));
    this.close();
    const cut = setTimeout(() => {
      for (const session of closing) session.destroy();
    }, timeout);
    await Promise.all(ended);
    clearTimeout(cut);
  }

  /** Looks after new sessions no more. */
  detach(): void {
    this.server.off('session', this.onSession);
  }

  private readonly onSession = (session: ServerHttp2Session): void => {
    this.sessions.add(session);
    session.once('close', () => this.sessions.delete(session));
    let lost = 0;
    function onStreamClose(this: ServerHttp2Stream): void {
      lost += this.writableLength;
      if (lost > maxLost && !session.closed) session.close();
    }
    session.on('stream', (stream) => {
      stream.on('close', onStreamClose);
    });
  };
}
