import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { connect } from '../../../src/client/connect';
import { closeAll, connectTo } from '../../../src/testing';
import { Link } from '../../../src/testing/link';
import { sampleKey } from '../../support/raw-client';
import { certificates } from './certificates';
import type { Opening, OpeningHeaders, Transport } from './transport';

/** No network at all: a server that never listens gets one end of a link as a connection. */
export const memory: Transport = {
  name: 'memory',
  whenCut: undefined,
  whenEnded: undefined,
  async serve(app, board) {
    const server = http.createServer(app);
    board.attach(server);
    const links: Link[] = [];
    const dial = (): Duplex => {
      const link = new Link();
      links.push(link);
      server.emit('connection', link.server);
      return link.client;
    };
    return {
      origin: 'http://localhost',
      open: (path, options) => connectTo(server, path, options),
      request: (path, headers) => requestOver(dial(), path, headers),
      async close() {
        await closeAll();
        for (const link of links) link.destroy();
      },
    };
  },
};

export const tcp: Transport = {
  name: 'TCP',
  whenCut: undefined,
  whenEnded: undefined,
  async serve(app) {
    const server = http.createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      origin: `http://127.0.0.1:${port}`,
      open: (path, options) => connect(`ws://127.0.0.1:${port}${path}`, options),
      request: (path, headers) => requestOver(net.connect({ port, host: '127.0.0.1', noDelay: true }), path, headers),
      close: () => closeServer(server),
    };
  },
};

export const overTls: Transport = {
  name: 'TLS',
  whenCut: undefined,
  whenEnded: undefined,
  async serve(app) {
    const { authority: ca, server: identity } = await certificates();
    const server = https.createServer(identity, app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      origin: `https://127.0.0.1:${port}`,
      open: (path, options) => connect(`wss://127.0.0.1:${port}${path}`, { tls: { ca }, ...options }),
      request(path, headers) {
        const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
        return requestOver(tls.connect({ socket, host: '127.0.0.1', ca }), path, headers);
      },
      close: () => closeServer(server),
    };
  },
};

async function closeServer(server: http.Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** A handshake by node:http, over what is open already, or opening. */
function requestOver(socket: Duplex, path: string, headers: OpeningHeaders = {}): Promise<Opening> {
  // A reset is an answer, too; tests look at 'close'.
  socket.on('error', () => {});
  const all: OpeningHeaders = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': sampleKey,
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as Record<string, string>;
  return new Promise((resolve, reject) => {
    http
      .request({ path, headers: sent, setHost: false, createConnection: () => socket as net.Socket })
      .on('upgrade', ({ statusCode: status = 0, headers }, transport, head) => {
        if (head.length > 0) transport.unshift(head);
        resolve({ status, headers, body: '', transport });
      })
      .on('response', async (response) => {
        const { statusCode: status = 0, headers } = response;
        const body = await text(response);
        socket.destroy();
        resolve({ status, headers, body, transport: null });
      })
      .on('error', reject)
      .end();
  });
}
