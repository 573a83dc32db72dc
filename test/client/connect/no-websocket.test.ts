import { expect } from 'chai';
import { connect } from '../../../src/client/connect';
import type { ConnectOptions } from '../../../src/client/options';
import { ConnectError, TimeoutError } from '../../../src/protocol/errors';
import { connecting } from '../support/connecting';
import { rejectionOf } from '../support/rejection-of';

describe('connect, with something else than a WebSocket server', () => {
  const { raw, refused, leavesNoTimer } = connecting();

  it('refuses garbage, with a guess', async () => {
    for (const text of [
      '\x15\x03\x01\x00\x02\x02\x16\r\n\r\n',
      'SSH-2.0-OpenSSH_9.6\r\n',
      'HTTP/1.1 abc\r\n\r\n',
      '\r\n\r\nx\r\n',
    ]) {
      const error = await refused(text);
      expect(error).to.include({ code: 'INVALID_RESPONSE', status: 502, response: undefined });
      expect(error.message).to.match(/^The answer of ws:\/\/127.0.0.1:\d+ is not HTTP .* wss:\/\//);
      expect(error.cause).to.be.instanceOf(Error);
    }
  });

  it('refuses a head that is too large, or never ends', async () => {
    const error = await refused(`HTTP/1.1 101 Switching Protocols\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(error).to.include({ code: 'HEAD_TOO_LARGE', status: 502 });
    const endless = await refused((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = () => {
        while (!socket.destroyed && socket.write('a: b\r\n'.repeat(1000)));
      };
      socket.on('drain', more);
      more();
    });
    expect(endless.code).to.equal('HEAD_TOO_LARGE');
  });

  it('refuses interim responses without an end', async () => {
    const server = await raw((socket) => {
      const more = () => {
        for (let i = 0; i < 16; i++) socket.write('HTTP/1.1 102 Processing\r\n\r\n');
        if (!socket.destroyed) setImmediate(more);
      };
      more();
    });
    await rejectionOf(TimeoutError, connect(server.url, { handshakeTimeout: 60 }));
    await server.allClosed();
  });

  it('says when nobody answers', async () => {
    const server = await raw((socket) => socket.end());
    const error = await rejectionOf(ConnectError, connect(server.url));
    expect(error).to.include({ code: 'ECONNRESET', fault: 'none' });
    expect(error.message).to.equal(
      `Could not connect to ${server.url}: it closed the connection without an answer; does it want wss://?`,
    );
    const resetting = await raw((socket) => socket.resetAndDestroy());
    expect((await rejectionOf(ConnectError, connect(resetting.url))).code).to.equal('ECONNRESET');
    const halfway = await raw((socket) => socket.end('HTTP/1.1 101 Switching'));
    await rejectionOf(ConnectError, connect(halfway.url));
  });

  it('says when nobody is there', async () => {
    const server = await raw(() => {});
    const { port } = server;
    await server.close();
    const error = await rejectionOf(ConnectError, connect(`ws://127.0.0.1:${port}/?token=secret`));
    expect(error.code).to.equal('ECONNREFUSED');
    expect(error.cause).to.include({ code: 'ECONNREFUSED' });
    expect(error.message).to.equal(
      `Could not connect to ws://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    );
    leavesNoTimer();
  });

  it('says when every address of a name refuses', async () => {
    const server = await raw(() => {});
    const { port } = server;
    await server.close();
    const lookup: NonNullable<ConnectOptions['lookup']> = (_host, options, callback) => {
      const addresses = [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ];
      if (options.all) callback(null, addresses);
      else callback(null, '127.0.0.1', 4);
    };
    const error = await rejectionOf(ConnectError, connect(`ws://somewhere.test:${port}`, { lookup }));
    expect(error.code).to.equal('ECONNREFUSED');
    expect(error.message).to.include(
      `Could not connect to ws://somewhere.test:${port}: connect ECONNREFUSED 127.0.0.1`,
    );
  });

  it('says when the name is unknown', async () => {
    const lookup: NonNullable<ConnectOptions['lookup']> = (host, _options, callback) => {
      const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
      callback(error, '', 4);
    };
    const error = await rejectionOf(ConnectError, connect('ws://nowhere.test', { lookup }));
    expect(error).to.include({
      code: 'ENOTFOUND',
      message: 'Could not connect to ws://nowhere.test: getaddrinfo ENOTFOUND nowhere.test',
    });
  });
});
