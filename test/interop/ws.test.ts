import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { commonChecks, deflateChecks, deflatingClientChecks, plainChecks } from './support/checks';
import { describeChecks } from './support/describe-checks';
import { describeOurClient } from './support/our-client';
import { compressing, PeerServer } from './support/peer-server';
import { QueueingSocket } from './support/queueing-socket';
import { WsServer } from './support/ws-server';

describe('ws and our server', () => {
  const plain = new PeerServer();
  const compressed = new PeerServer(compressing);
  before(() => Promise.all([plain.listen(), compressed.listen()]));
  after(() => Promise.all([plain.close(), compressed.close()]));

  const site = (server: PeerServer) => () => ({ WebSocket, url: `ws://${server.host}` });
  describeChecks('without compression', { ...commonChecks, ...plainChecks }, site(plain));
  describeChecks('with compression', { ...commonChecks, ...deflateChecks, ...deflatingClientChecks }, site(compressed));

  it('pings both ways, with their payloads', async () => {
    const socket = await QueueingSocket.open(`ws://${plain.host}/echo`, {});
    for (const payload of ['', 'x', 'ü'.repeat(62)]) {
      socket.ping(payload);
      const [answer] = await once(socket, 'pong');
      expect(String(answer)).to.equal(payload);
    }
    socket.terminate();
  });

  for (const [title, server] of [
    ['as they are', plain],
    ['compressed', compressed],
  ] as const) {
    it(`fragments from the client, ${title}, with pings between them`, async () => {
      const socket = await QueueingSocket.open(`ws://${server.host}/echo`, { perMessageDeflate: { threshold: 0 } });
      const text = Buffer.from('Grüße aus drei Stücken. '.repeat(1_000));
      // Cut inside a character; the compressed message ends with its last fragment.
      for (const [from, to] of [
        [0, 3],
        [3, 3],
        [3, 1_000],
      ] as const) {
        socket.send(text.subarray(from, to), { binary: false, fin: false });
        socket.ping();
      }
      socket.send(text.subarray(1_000), { binary: false, fin: true });
      expect(await socket.receive()).to.equal(text.toString());
      socket.terminate();
    });
  }
});

describe('our client and ws', () => {
  const plain = new WsServer({ perMessageDeflate: false });
  const compressed = new WsServer({ perMessageDeflate: { threshold: 0 } });
  before(() => Promise.all([plain.listen(), compressed.listen()]));
  after(() => Promise.all([plain.close(), compressed.close()]));

  describeOurClient('without compression', () => plain.url);
  describeOurClient(
    'with compression that only the client has',
    () => plain.url,
    () => ({ perMessageDeflate: true }),
  );
  describeOurClient('with compression that only the server has', () => compressed.url);
  describeOurClient(
    'with compression',
    () => compressed.url,
    () => ({ perMessageDeflate: { threshold: 0 } }),
  );
});
