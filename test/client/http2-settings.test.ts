import http2, { type ClientHttp2Session } from 'node:http2';
import { expect } from 'chai';
import { connect } from '../../src/client/connect';
import { ConnectError, TimeoutError } from '../../src/protocol/errors';
import { connecting } from './support/connecting';
import { accepted, acknowledgement, allowing, goaway, Http2ByHand, settings } from './support/http2-by-hand';
import { acceptStream, Http2TestServer } from './support/http2-test-server';
import { rejectionOf } from './support/rejection-of';

describe('allowExtendedConnect', () => {
  const { closers, open } = connecting();

  async function byHand(): Promise<Http2ByHand> {
    const server = await Http2ByHand.listen();
    closers.push(() => server.close());
    return server;
  }

  function sessionTo({ url }: { url: string }): ClientHttp2Session {
    const session = http2.connect(url.replace(/^ws/, 'http'));
    closers.push(() => session.destroy());
    return session;
  }

  /** Time for what was written to be read. */
  async function turns(): Promise<void> {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  it('waits for late SETTINGS', async () => {
    const server = await byHand();
    const connecting = open(server.url, { http2: true });
    await server.server.asked(1);
    await turns();
    server.say(allowing, acknowledgement);
    await server.requested();
    server.say(accepted());
    expect((await connecting).response).to.deep.equal({ status: 200, headers: {}, httpVersion: '2.0' });
  });

  it('takes SETTINGS that allow it behind those that do not, while ours are not acknowledged', async () => {
    const server = await byHand();
    const connecting = open(server.url, { http2: true });
    await server.server.asked(1);
    server.say(settings);
    await turns();
    server.say(allowing);
    await server.requested();
    server.say(accepted());
    expect((await connecting).readyState).to.equal(1);
  });

  it('knows that a server does not allow it when that has acknowledged ours', async () => {
    const server = await byHand();
    const refused = rejectionOf(ConnectError, connect(server.url, { http2: true }));
    await server.server.asked(1);
    server.say(settings);
    await turns();
    server.say(acknowledgement);
    expect((await refused).code).to.equal('NO_EXTENDED_CONNECT');
    server.socket.end();
    await server.server.allClosed();
  });

  it('knows at once what a session knows', async () => {
    const server = await Http2TestServer.listen(() => {}, { settings: {} });
    closers.push(() => server.close());
    const session = sessionTo(server);
    await new Promise((resolve) => session.once('localSettings', resolve));
    const listeners = session.eventNames().length;
    const error = await rejectionOf(ConnectError, connect(server.url, { http2: session }));
    expect(error.code).to.equal('NO_EXTENDED_CONNECT');
    // Its errors are listened to from now on.
    expect(session.eventNames().length - listeners).to.be.at.most(1);
    expect(session.destroyed).to.equal(false);
  });

  it('fails at a session that ends before', async () => {
    const leaving: Array<[leave: (server: Http2ByHand) => void, code: string]> = [
      [({ socket }) => socket.end(), 'ECONNRESET'],
      [(server) => server.say(settings, goaway), 'SESSION_CLOSED'],
      [({ socket }) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'), 'NO_HTTP2'],
      [({ socket }) => socket.resetAndDestroy(), 'ECONNRESET'],
    ];
    for (const [leave, code] of leaving) {
      const server = await byHand();
      const refused = rejectionOf(ConnectError, connect(server.url, { http2: true }));
      await server.server.asked(1);
      leave(server);
      expect((await refused).code).to.equal(code);
      server.socket.end();
      await server.server.allClosed();
    }
  });

  it('has one wait for all that wait for a session, each with its own end', async () => {
    const server = await byHand();
    const { url } = server;
    const session = sessionTo(server);
    const given = new AbortController();
    const many = Array.from({ length: 20 }, () => connect(url, { http2: session, handshakeTimeout: 5_000 }));
    const abandoned = rejectionOf(Error, connect(url, { http2: session, signal: given.signal }));
    const late = rejectionOf(TimeoutError, connect(url, { http2: session, handshakeTimeout: 30 }));
    await server.server.asked(1);
    expect(session.listenerCount('remoteSettings')).to.equal(1);
    given.abort(new RangeError('enough'));
    expect(await abandoned).to.be.instanceOf(RangeError);
    await late;
    server.say(settings, acknowledgement);
    for (const each of many) expect((await rejectionOf(ConnectError, each)).code).to.equal('NO_EXTENDED_CONNECT');
    expect(session.listenerCount('remoteSettings')).to.equal(0);
    expect(session.listenerCount('localSettings')).to.equal(0);
  });

  it('serves a session whose owner sets it anew', async () => {
    const server = await Http2TestServer.listen((stream) => acceptStream(stream));
    closers.push(() => server.close());
    const session = sessionTo(server);
    await open(server.url, { http2: session });
    session.settings({ initialWindowSize: 100_000 });
    await open(server.url, { http2: session });
  });
});
