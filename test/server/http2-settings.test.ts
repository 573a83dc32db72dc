import http2 from 'node:http2';
import { expect } from 'chai';
import { settingsFor, widenWindow } from '../../src/server/http2-settings';
import { answerOf, Http2Site } from '../support/http2-site';

describe('settingsFor', () => {
  it('has bounds where the server says none', () => {
    const expected = { maxConcurrentStreams: 1_000, initialWindowSize: 128 * 1024 };
    expect(settingsFor(http2.createServer())).to.deep.equal(expected);
    expect(settingsFor(http2.createSecureServer({ allowHTTP1: true }))).to.deep.equal(expected);
  });

  it('leaves what the server says', () => {
    const settings = { maxConcurrentStreams: 7, initialWindowSize: 1_000, maxFrameSize: 20_000 };
    expect(settingsFor(http2.createServer({ settings }))).to.deep.equal(settings);
    const server = http2.createServer();
    server.updateSettings({ maxConcurrentStreams: 8 });
    expect(settingsFor(server).maxConcurrentStreams).to.equal(8);
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
