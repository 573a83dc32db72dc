import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import type { PerMessageDeflateOptions } from '../../src/protocol/deflate-options';
import { HandshakeError } from '../../src/protocol/errors';
import { acceptance, headerOf, RawServer } from '../client/support/raw-server';
import { rejectionOf } from '../client/support/rejection-of';

/** What Autobahn's fuzzing server never answers: RFC 7692, 5 and 7, demand that the client fails the connection. */
describe('A client that offers permessage-deflate', () => {
  let server: RawServer;
  let answer: string | null = null;

  before(async () => {
    server = await RawServer.listen((socket, head) =>
      socket.write(acceptance(head, answer === null ? {} : { 'Sec-WebSocket-Extensions': answer })),
    );
  });
  after(() => server.close());

  const dial = (perMessageDeflate: boolean | PerMessageDeflateOptions) =>
    connect(server.url, { perMessageDeflate, pingInterval: false });

  const wrong: Array<[answer: string | null, options?: PerMessageDeflateOptions]> = [
    ['permessage-deflate, permessage-deflate'],
    ['permessage-deflate, x-other'],
    ['x-other'],
    ['Permessage-Deflate'],
    ['permessage-deflate;'],
    ['permessage-deflate; mystery'],
    ['permessage-deflate; server_no_context_takeover; server_no_context_takeover'],
    ['permessage-deflate; server_no_context_takeover=true'],
    ['permessage-deflate; server_max_window_bits=7'],
    ['permessage-deflate; server_max_window_bits=16'],
    ['permessage-deflate; server_max_window_bits'],
    ['permessage-deflate; client_max_window_bits'],
    ['permessage-deflate; client_max_window_bits=010'],
    ['permessage-deflate; server_max_window_bits=10', { serverMaxWindowBits: 9 }],
    ['permessage-deflate', { serverMaxWindowBits: 14 }],
    ['permessage-deflate', { serverNoContextTakeover: true }],
  ];
  for (const [each, options] of wrong) {
    it(`fails the answer "${each}"${options ? ` with ${JSON.stringify(options)}` : ''}`, async () => {
      answer = each;
      const error = await rejectionOf(HandshakeError, dial(options ?? true));
      expect(error.code).to.match(/^(INVALID_EXTENSION|UNEXPECTED_EXTENSION|MALFORMED_HEADER)$/);
      await server.allClosed();
    });
  }

  const right: Array<[answer: string | null, options: PerMessageDeflateOptions]> = [
    [null, {}],
    // A server that does not know it at all: nothing is compressed, whatever was asked for.
    [null, { serverMaxWindowBits: 9, serverNoContextTakeover: true }],
    ['permessage-deflate', {}],
    ['permessage-deflate; server_max_window_bits=8', {}],
    ['permessage-deflate; client_max_window_bits=8', {}],
    ['permessage-deflate;server_no_context_takeover;client_no_context_takeover', {}],
    ['permessage-deflate; server_max_window_bits="12"', { serverMaxWindowBits: 12 }],
  ];
  for (const [each, options] of right) {
    it(`takes the answer "${each ?? 'nothing'}" with ${JSON.stringify(options)}`, async () => {
      answer = each;
      const connection = await dial(options);
      expect(headerOf(server.heads.at(-1)!, 'Sec-WebSocket-Extensions')).to.match(/^permessage-deflate; /);
      expect(connection.extensions === '').to.equal(each === null);
      connection.terminate();
      await connection.closed;
    });
  }
});
