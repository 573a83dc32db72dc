import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { connect } from '../../../src/client/connect';
import type { Role } from '../../../src/protocol/role';
import type { ServerOptions } from '../../../src/server/options';
import { handshake, parseResponse, sampleAccept } from '../../support/raw-client';
import { TestServers } from '../../support/test-servers';
import type { AutobahnCase } from '../cases/autobahn-case';
import { readAnswer, writeAnswer } from './extension-header';
import { FuzzingPeer } from './fuzzing-peer';

/** Our end, which echoes; and for each case a fuzzing peer that has just shaken hands with it. */
export interface TestedEndpoint {
  role: Role;
  meet(each: AutobahnCase): Promise<FuzzingPeer>;
  close(): Promise<void>;
}

const options = {
  maxMessageSize: 16 * 1024 * 1024,
  pingInterval: false,
  // Small messages are compressed as well: they, too, are what the cases are about.
  perMessageDeflate: { threshold: 0 },
} satisfies ServerOptions;

/** Our server; the fuzzing peer is a client. */
export async function testedServer(): Promise<TestedEndpoint> {
  const servers = new TestServers();
  const { port, server } = await servers.server({ options });
  const sockets: Socket[] = [];
  return {
    role: 'server',
    async meet({ deflate }) {
      const arrived = once(server, 'connection');
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      const [farEnd] = (await arrived) as [Socket];
      socket.write(handshake('/', { 'Sec-WebSocket-Extensions': deflate?.offer ?? null }));
      const { status, headers, rest } = parseResponse(await readHead(socket));
      if (status !== 101 || headers['sec-websocket-accept'] !== sampleAccept) throw new Error(`Refused with ${status}`);
      const answer = headers['sec-websocket-extensions'];
      if (deflate === undefined && answer !== undefined) throw new Error(`Nobody had offered ${answer}`);
      const agreement = deflate && readAnswer(deflate.offer, answer);
      return new FuzzingPeer(socket, { tested: 'server', farEnd, head: rest, ...(agreement && { agreement }) });
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await servers.close();
    },
  };
}

/** Our client; the fuzzing peer is a server. */
export async function testedClient(): Promise<TestedEndpoint> {
  const server: Server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  return {
    role: 'client',
    async meet({ deflate }) {
      let farEnd: Socket | undefined;
      const made = (message: unknown) => {
        farEnd = (message as { socket: Socket }).socket;
      };
      subscribe('net.client.socket', made);
      const arrived = once(server, 'connection');
      const connecting = connect(`ws://127.0.0.1:${port}/`, options);
      const [socket] = (await Promise.race([arrived, connecting])) as [Socket];
      unsubscribe('net.client.socket', made);
      sockets.push(socket);
      const { headers, rest } = parseResponse(await readHead(socket));
      if (rest.length > 0) throw new Error('The client said more than its handshake before it was answered');
      const agreement = deflate && writeAnswer(headers['sec-websocket-extensions'], deflate.asks);
      const key = headers['sec-websocket-key'] ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
      lines.push(`Sec-WebSocket-Accept: ${accept}`);
      if (agreement !== undefined) lines.push(`Sec-WebSocket-Extensions: ${agreement.answer}`);
      socket.write(`${lines.join('\r\n')}\r\n\r\n`);
      const connection = await connecting;
      connection.on('message', (data) => connection.send(data));
      return new FuzzingPeer(socket, {
        tested: 'client',
        farEnd: farEnd!,
        head: Buffer.alloc(0),
        ...(agreement && { agreement }),
      });
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The head of a request or response, and what has come behind it. The socket is paused then. */
async function readHead(socket: Socket): Promise<Buffer> {
  let received = Buffer.alloc(0);
  while (!received.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, chunk]);
  }
  socket.pause();
  return received;
}
