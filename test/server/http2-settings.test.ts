import http2, { type Http2Server, type Settings } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { completeSettings, widenWindow } from '../../src/server/http2-settings';
import { answerOf, Http2Site } from '../support/http2-site';

describe('completeSettings', () => {
  const site = new Http2Site();
  after(() => site.close());

  /** What a client hears. */
  async function heard(server: Http2Server): Promise<Settings> {
    const { remoteSettings } = await site.connect(await site.listen(server));
    const { enableConnectProtocol, maxConcurrentStreams, initialWindowSize } = remoteSettings;
    return { enableConnectProtocol, maxConcurrentStreams, initialWindowSize };
  }

  const ours = { enableConnectProtocol: true, maxConcurrentStreams: 1_000, initialWindowSize: 128 * 1024 };

  it('says ours where the server says nothing', async () => {
    const server = http2.createServer();
    completeSettings(server);
    expect(await heard(server)).to.deep.equal(ours);
  });

  it('leaves what the server says, also that WebSockets are to come over HTTP/1.1', async () => {
    const settings = { maxConcurrentStreams: 7, enableConnectProtocol: false };
    const server = http2.createServer({ settings });
    server.updateSettings({ initialWindowSize: 70_000 });
    completeSettings(server);
    expect(await heard(server)).to.deep.equal({ ...settings, initialWindowSize: 70_000 });
  });

  it('can be taken back, and done again', async () => {
    const server = http2.createServer({ settings: { initialWindowSize: 70_000 } });
    completeSettings(server)();
    const before = { enableConnectProtocol: false, maxConcurrentStreams: 2 ** 32 - 1, initialWindowSize: 70_000 };
    expect(await heard(server)).to.deep.equal(before);
    completeSettings(server);
    const { port } = server.address() as AddressInfo;
    const { remoteSettings } = await site.connect(port);
    expect(remoteSettings).to.include({ ...ours, initialWindowSize: 70_000 });
  });
});

describe('widenWindow', () => {
  const site = new Http2Site();
  after(() => site.close());

  it('lets more streams send at once than one window holds', async () => {
    const server = http2.createServer({ settings: { initialWindowSize: 128 * 1024 } });
    server.on('session', widenWindow);
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      stream.resume().on('end', () => stream.end());
    });
    const session = await site.connect(await site.listen(server));
    // The session's own window comes right behind the settings.
    await new Promise((resolve) => session.ping(resolve));
    expect(session.state.remoteWindowSize).to.equal(4 * 1024 * 1024);
    const stream = session.request({ ':method': 'POST' }, { endStream: false });
    stream.end(Buffer.alloc(1024 * 1024));
    expect(await answerOf(stream)).to.include({ status: 200 });
  });
});
