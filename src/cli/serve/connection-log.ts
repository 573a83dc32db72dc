import type { IncomingMessage } from 'node:http';
import type { WebSocketConnection } from '../../connection/websocket-connection';
import { printable } from '../printable';

/** Prints a line when a connection opens, and one when it has closed. */
export class ConnectionLog {
  private count = 0;

  constructor(private readonly print: (line: string) => void) {}

  add(socket: WebSocketConnection, request: IncomingMessage): void {
    const number = ++this.count;
    const openedAt = Date.now();
    const { remoteAddress, remotePort } = request.socket;
    // Express shortens the URL below a mount.
    const { originalUrl = request.url } = request as IncomingMessage & { originalUrl?: string };
    const agent = request.headers['user-agent'];
    const version = request.httpVersion === '2.0' ? 'HTTP/2' : `HTTP/${request.httpVersion}`;
    const who = `${remoteAddress} ${remotePort} ${version} ${originalUrl}`;
    this.line(openedAt, number, `open ${who}${agent === undefined ? '' : ` ${JSON.stringify(agent)}`}`);
    void socket.closed.then(({ code, reason, cause }) => {
      const now = Date.now();
      const why = `${reason === '' ? '' : ` ${JSON.stringify(reason)}`}${cause === null ? '' : ` (${cause.message})`}`;
      this.line(now, number, `closed ${code} after ${((now - openedAt) / 1000).toFixed(1)} s${why}`);
    });
  }

  private line(at: number, number: number, words: string): void {
    this.print(`${new Date(at).toISOString()} #${number} ${printable(words)}`);
  }
}
