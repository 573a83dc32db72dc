import { expect } from 'chai';
import type { PerMessageDeflateOptions as WsDeflateOptions } from 'ws';
import { connect, HandshakeError } from '../../src';
import { agreed, type DeflateParameters, expectCompression, parameterSets, told } from './support/deflate-cases';
import { echo, PeerServer } from './support/peer-server';
import { QueueingSocket } from './support/queueing-socket';
import { Relay } from './support/relay';
import { WsServer } from './support/ws-server';

/** What a server is told that wants to keep little. */
const thrifty: DeflateParameters = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 10,
  clientMaxWindowBits: 10,
};

describe('ws and our server agree on', () => {
  let server: PeerServer;
  let relay: Relay;
  const sockets: QueueingSocket[] = [];

  before(async () => {
    server = new PeerServer();
    server.app.ws('/generous', { perMessageDeflate: { threshold: 0, clientMaxWindowBits: 15 } }, echo);
    server.app.ws('/thrifty', { perMessageDeflate: { threshold: 0, ...thrifty } }, echo);
    server.app.ws('/default', { perMessageDeflate: true }, echo);
    await server.listen();
    relay = await Relay.to(server.port);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });
  after(async () => {
    await relay.close();
    await server.close();
  });

  async function open(path: string, perMessageDeflate: WsDeflateOptions | boolean): Promise<QueueingSocket> {
    const socket = await QueueingSocket.open(relay.url + path, { perMessageDeflate });
    sockets.push(socket);
    return socket;
  }

  /** What the answer must hold. `ws` always says that its window can be limited, unless told otherwise. */
  function expected(offer: DeflateParameters, own: DeflateParameters): Record<string, string> {
    const parameters: Record<string, string> = {};
    if (offer.serverNoContextTakeover || own.serverNoContextTakeover) parameters.server_no_context_takeover = '';
    if (offer.clientNoContextTakeover || own.clientNoContextTakeover) parameters.client_no_context_takeover = '';
    for (const [name, side] of [
      ['server_max_window_bits', 'serverMaxWindowBits'],
      ['client_max_window_bits', 'clientMaxWindowBits'],
    ] as const) {
      const bits = Math.min(offer[side] ?? 15, own[side] ?? 15);
      if (bits < 15) parameters[name] = String(bits);
    }
    return parameters;
  }

  for (const [path, own] of [
    ['/generous', {}],
    ['/thrifty', thrifty],
  ] as const) {
    describe(path === '/generous' ? 'what the client asks for' : 'what both ask for', () => {
      for (const offer of parameterSets) {
        it(told(offer), async () => {
          const socket = await open(path, { ...offer, threshold: 0 });
          const parameters = agreed(socket.agreed);
          expect(parameters).to.deep.equal(expected(offer, own));
          await expectCompression(socket, relay, parameters, 'client');
        });
      }
    });
  }

  it('no limit for a client that cannot be asked for one', async () => {
    const socket = await open('/thrifty', { clientMaxWindowBits: false as unknown as number, threshold: 0 });
    const parameters = agreed(socket.agreed);
    expect(parameters).to.not.have.property('client_max_window_bits');
    await expectCompression(socket, relay, parameters, 'client');
  });

  it('a window of 2^8 bytes for the client, for which zlib takes one of 2^9', async () => {
    const socket = await open('/generous', { clientMaxWindowBits: 8, threshold: 0 });
    expect(agreed(socket.agreed)).to.deep.equal({ client_max_window_bits: '8' });
    for (let index = 0; index < 50; index++) {
      const text = Buffer.alloc(150 + index, `${index} and some more that comes again `).toString();
      socket.send(text);
      expect(await socket.receive()).to.equal(text);
    }
  });

  it('nothing where the server would have to use a window of 2^8 bytes', async () => {
    const socket = await open('/generous', { serverMaxWindowBits: 8, threshold: 0 });
    expect(socket.agreed).to.equal('');
    socket.send('as it is');
    expect(await socket.receive()).to.equal('as it is');
  });

  it('nothing with a client that does not offer it', async () => {
    expect((await open('/generous', false)).agreed).to.equal('');
  });

  it('sending short messages as they are, and long ones not', async () => {
    const socket = await open('/default', true);
    expect(agreed(socket.agreed)).to.deep.equal({ client_max_window_bits: '12' });
    for (const [size, isCompressed] of [
      [1_023, false],
      [1_024, true],
    ] as const) {
      const before = relay.received;
      socket.send('x'.repeat(size));
      expect(await socket.receive()).to.have.length(size);
      expect(relay.received - before < 100, `${size} bytes`).to.equal(isCompressed);
    }
  });
});

describe('our client and ws agree on', () => {
  const servers: Array<[title: string, told: DeflateParameters, server: WsServer]> = [
    ['what our client asks for', {}, new WsServer({ perMessageDeflate: { threshold: 0 } })],
    ['what both ask for', thrifty, new WsServer({ perMessageDeflate: { threshold: 0, ...thrifty } })],
  ];

  for (const [title, own, server] of servers) {
    describe(title, () => {
      let relay: Relay;
      before(async () => {
        await server.listen();
        relay = await Relay.to(server.port);
      });
      after(async () => {
        await relay.close();
        await server.close();
      });

      for (const asked of parameterSets) {
        const isLess = (name: 'serverMaxWindowBits' | 'clientMaxWindowBits') => (asked[name] ?? 15) < (own[name] ?? 0);
        if (isLess('serverMaxWindowBits') || isLess('clientMaxWindowBits')) {
          // Others decline then, and go on without compression.
          it(`${told(asked)}: less than ws was told, and so a 400`, async () => {
            const error = await connect(`${relay.url}/echo`, { perMessageDeflate: asked }).catch(
              (error: unknown) => error,
            );
            expect(error).to.be.instanceOf(HandshakeError);
            expect((error as HandshakeError).response).to.include({ status: 400 });
          });
          continue;
        }
        it(told(asked), async () => {
          const socket = await connect(`${relay.url}/echo`, { perMessageDeflate: { threshold: 0, ...asked } });
          try {
            const parameters = agreed(socket.extensions);
            const isAsked = (name: keyof DeflateParameters) => asked[name] === true || own[name] === true;
            expect({
              server: 'server_no_context_takeover' in parameters,
              client: 'client_no_context_takeover' in parameters,
            }).to.deep.equal({
              server: isAsked('serverNoContextTakeover'),
              client: isAsked('clientNoContextTakeover'),
            });
            const bits = Number(parameters.server_max_window_bits ?? 15);
            expect(bits).to.equal(Math.min(asked.serverMaxWindowBits ?? 15, own.serverMaxWindowBits ?? 15));
            await expectCompression(socket, relay, parameters, 'server');
          } finally {
            socket.terminate();
          }
        });
      }
    });
  }
});
