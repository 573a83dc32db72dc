import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocketServer } from 'ws';
import { connect } from '../../src/client/connect';
import type { ConnectOptions } from '../../src/client/options';
import { HandshakeError } from '../../src/protocol/errors';
import { acceptance, headerOf, RawServer } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';

const text = JSON.stringify(Array(100).fill({ room: 'general', text: 'again and again' }));

describe('connect with perMessageDeflate', () => {
  let server: RawServer | undefined;
  let wsServer: WebSocketServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
    for (const client of wsServer?.clients ?? []) client.terminate();
    wsServer?.close();
    wsServer = undefined;
  });

  /** The error of a handshake in which the server answers so. */
  async function refusedAnswer(extensions: string, perMessageDeflate: ConnectOptions['perMessageDeflate'] = true) {
    server = await RawServer.listen((socket, head) =>
      socket.write(acceptance(head, { 'Sec-WebSocket-Extensions': extensions })),
    );
    return rejectionOf(HandshakeError, connect(server.url, { perMessageDeflate: perMessageDeflate as true }));
  }

  it('offers nothing unless it is asked to', async () => {
    server = await RawServer.listen((socket, head) => socket.write(acceptance(head)));
    const plain = await connect(server.url);
    const compressing = await connect(server.url, { perMessageDeflate: { serverMaxWindowBits: 10 } });
    expect(server.heads.map((head) => headerOf(head, 'Sec-WebSocket-Extensions'))).to.deep.equal([
      undefined,
      'permessage-deflate; server_max_window_bits=10; client_max_window_bits',
    ]);
    expect(plain.extensions).to.equal('');
    // The server did not agree: nothing is compressed.
    expect(compressing.extensions).to.equal('');
    plain.terminate();
    compressing.terminate();
  });

  it('talks compressed with a server that agrees', async () => {
    wsServer = new WebSocketServer({ port: 0, perMessageDeflate: { threshold: 0 } });
    let bytes = 0;
    wsServer.on('connection', (socket, request) => {
      request.socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    await once(wsServer, 'listening');
    const { port } = wsServer.address() as AddressInfo;
    const connection = await connect(`ws://127.0.0.1:${port}`, { perMessageDeflate: true });
    expect(connection.extensions).to.equal('permessage-deflate');
    for (let i = 0; i < 10; i++) {
      connection.send(text);
      connection.send(Buffer.from(text));
      expect(await connection.receive()).to.equal(text);
      expect(await connection.receive()).to.deep.equal(Buffer.from(text));
    }
    expect(bytes)
      .to.be.above(0)
      .and.below(text.length * 2);
    connection.close();
    await connection.closed;
  });

  for (const [answer, message] of [
    ['permessage-deflate; server_max_window_bits=20', /server_max_window_bits a number from 8 to 15/],
    ['permessage-deflate; mystery', /"mystery", which permessage-deflate does not know/],
    ['permessage-deflate, permessage-deflate', /chose 'permessage-deflate' twice/],
    ['x-other', /'x-other', which we did not offer/],
  ] as const) {
    it(`refuses a server that answers ${answer}`, async () => {
      const error = await refusedAnswer(answer);
      expect(error.message).to.match(message);
    });
  }

  it('refuses a server that does not keep to the window that was asked for', async () => {
    const error = await refusedAnswer('permessage-deflate', { serverMaxWindowBits: 10 });
    expect(error).to.include({ code: 'INVALID_EXTENSION', status: 101 });
    expect(error.response?.status).to.equal(101);
  });

  it('refuses a server that agrees to what was not offered', async () => {
    const error = await refusedAnswer('permessage-deflate', false);
    expect(error.code).to.equal('UNEXPECTED_EXTENSION');
  });
});
