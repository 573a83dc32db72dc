import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, resolveConnectionOptions } from '../../src/connection/options';
import { WebSocketConnection } from '../../src/connection/websocket-connection';

/** What carries the bytes: TCP, or a socket of the file system (a named pipe on Windows). */
export type SocketKind = 'TCP' | 'pipe';

export const socketKinds: readonly SocketKind[] = ['TCP', 'pipe'];

/** Sockets of the system, connected with each other, all closed by `close()`. */
export class SocketPairs {
  private readonly servers: Server[] = [];
  private readonly sockets: Socket[] = [];
  private readonly folders: string[] = [];

  /** `near` is as the sockets of HTTP servers are; `far` reads nothing until somebody listens. */
  async pair(kind: SocketKind = 'TCP'): Promise<{ near: Socket; far: Socket }> {
    const server = net.createServer({ allowHalfOpen: true });
    this.servers.push(server);
    if (kind === 'TCP') server.listen(0, '127.0.0.1');
    else server.listen(this.path());
    await once(server, 'listening');
    const address = server.address() as AddressInfo | string;
    const far = typeof address === 'string' ? net.connect(address) : net.connect(address.port, '127.0.0.1');
    far.on('error', () => {});
    const [near] = (await once(server, 'connection')) as [Socket];
    if (far.connecting) await once(far, 'connect');
    this.sockets.push(near, far);
    return { near, far };
  }

  /** A server's connection over a pair. An error that a test does not expect must not pass as a line on the console. */
  async connection(options: Partial<ConnectionOptions> = {}, kind: SocketKind = 'TCP') {
    const { near, far } = await this.pair(kind);
    return { connection: connectionOver(near, options), near, far };
  }

  close(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy();
    for (const server of this.servers.splice(0)) server.close();
    for (const folder of this.folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }

  private path(): string {
    const folder = mkdtempSync(join(tmpdir(), 'sockets-'));
    this.folders.push(folder);
    return process.platform === 'win32' ? `\\\\.\\pipe\\${folder}` : join(folder, 's');
  }
}

export function connectionOver(
  near: Socket,
  options: Partial<ConnectionOptions> = {},
  onError = (error: unknown) => queueMicrotask(() => Promise.reject(error)),
): WebSocketConnection {
  return new WebSocketConnection(near, {
    role: 'server',
    options: resolveConnectionOptions('test()', { pingInterval: false, ...options }),
    onError,
  });
}

/** Counts the bytes that a socket reads by its stream from now on: none where it reads into the shared buffer. */
export function countStreamReads(socket: Socket): { reads: number } {
  const count = { reads: 0 };
  const { push } = socket;
  socket.push = (chunk, encoding) => {
    if (chunk !== null) count.reads++;
    return push.call(socket, chunk, encoding);
  };
  return count;
}

/** Counts the writes of a socket's stream from now on: none where it is written past the stream. */
export function countStreamWrites(socket: Socket): { writes: number } {
  const count = { writes: 0 };
  const write = socket.write as (...given: unknown[]) => boolean;
  socket.write = ((...given: unknown[]) => {
    count.writes++;
    return write.apply(socket, given);
  }) as Socket['write'];
  return count;
}
