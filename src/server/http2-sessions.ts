import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { AnyHttp2Server } from './http2-server';

/**
 * Streams that may break off in the life of a session; then it is ended in order, and its client begins another one. Each
 * was work for the application, of which the bound of open streams says nothing: node:http2 counts those that the peer resets,
 * and not those that it makes us reset. And what was under way, 128 KiB at most, stays on node:http2's account of the
 * session's memory for good; when that is full, it refuses all streams.
 */
const maxBroken = 400;

/** The sessions of an HTTP/2 server that began since, which node:http2 keeps to itself. */
export class Http2Sessions {
  private readonly sessions = new Map<ServerHttp2Session, Socket | undefined>();
  private readonly connectionEvent: string;
  /** The socket whose session is about to begin. */
  private latest: Socket | undefined;

  constructor(private readonly server: AnyHttp2Server) {
    this.connectionEvent = server instanceof TlsServer ? 'secureConnection' : 'connection';
    server.prependListener(this.connectionEvent, this.onConnection);
    server.on('session', this.onSession);
  }

  /** Begins no new streams, and ends each session behind its last one: GOAWAY (RFC 9113, section 6.8). */
  close(): void {
    for (const session of this.sessions.keys()) if (!session.closed) session.close();
  }

  /**
   * The same, and resolves when all sessions have ended; those that have not are cut after the timeout.
   *
   * @param timeout milliseconds
   */
  async closeAll(timeout: number): Promise<void> {
    const closing = [...this.sessions];
    if (closing.length === 0) return;
    const ended = closing.map(([session]) => new Promise<void>((resolve) => session.once('close', resolve)));
    this.close();
    const deadline = setTimeout(() => {
      for (const [session, socket] of closing) {
        session.destroy();
        // By itself it would wait for the peer to close its half of the connection.
        socket?.destroy();
      }
    }, timeout);
    await Promise.all(ended);
    clearTimeout(deadline);
  }

  /** Looks after new sessions no more. */
  detach(): void {
    this.server.off(this.connectionEvent, this.onConnection);
    this.server.off('session', this.onSession);
  }

  private readonly onConnection = (socket: Socket): void => {
    this.latest = socket;
  };

  private readonly onSession = (session: ServerHttp2Session): void => {
    this.sessions.set(session, this.latest);
    session.once('close', () => this.sessions.delete(session));
    let broken = 0;
    function onStreamClose(this: ServerHttp2Stream): void {
      if (this.rstCode !== 0) broken++;
      if (broken > maxBroken && !session.closed) session.close();
    }
    session.on('stream', (stream) => {
      stream.on('close', onStreamClose);
    });
  };
}
