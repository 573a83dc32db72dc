import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEarlierResponses } from './upgrade-response';

/** A server that asks which requests to upgrade (Node 22.21, 24.9); an older one upgrades whatever says `Upgrade`. */
export interface AskingServer extends Server {
  shouldUpgradeCallback: (this: Server, request: IncomingMessage) => boolean;
}

export function asksBeforeUpgrading(server: Server): server is AskingServer {
  return typeof (server as Partial<AskingServer>).shouldUpgradeCallback === 'function';
}

/**
 * Gives a request that is not to be upgraded back to node:http, as if nobody listened for `'upgrade'`: a client that
 * offers h2c by the way wants its POST answered. Node has parsed the head and stopped at the body, so the head is
 * written anew, without the word that made it an upgrade, and read once more.
 */
export function handBack(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  afterEarlierResponses(socket, () => {
    if (socket.destroyed) return;
    socket.unshift(Buffer.concat([rewriteHead(request), head]));
    for (const [event, name] of [
      ['secureConnection', 'connectionListener'],
      ['connection', 'connectionListener'],
    ] as const) {
      // Node's own listener and no other: to everybody else this connection is not a new one.
      const listener = server.listeners(event).find((candidate) => candidate.name === name);
      if (listener === undefined) continue;
      listener.call(server, socket);
      return;
    }
    server.emit('connection', socket);
  });
}

function rewriteHead(request: IncomingMessage): Buffer {
  const { rawHeaders } = request;
  const headers: Array<[name: string, value: string]> = [];
  let changed = false;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    // Node's parser takes the one for the other.
    const kept = /^(proxy-)?connection$/i.test(name) ? withoutUpgrade(value) : value;
    if (kept !== value) changed = true;
    if (kept !== undefined) headers.push([name, kept]);
  }
  const lines = headers
    // A head that stays an upgrade would come back here for ever: without this header it is none, whatever the others say.
    .filter(([name]) => changed || name.toLowerCase() !== 'upgrade')
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${request.method} ${request.url} HTTP/${request.httpVersion}\r\n${lines.join('')}\r\n`, 'latin1');
}

function withoutUpgrade(connection: string): string | undefined {
  const all = connection.split(',');
  const words = all.filter((word) => word.trim().toLowerCase() !== 'upgrade');
  if (words.length === all.length) return connection;
  return words.length === 0 ? undefined : words.join(',').trim();
}
