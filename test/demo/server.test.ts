import { expect } from 'chai';
import { connect } from '../../src';
import { DemoProcess } from '../support/demo-process';

describe('demo server', function () {
  // Programs are started, and compile themselves first.
  this.timeout(60_000);

  const started: DemoProcess[] = [];

  afterEach(async () => {
    await Promise.all(started.splice(0).map((demo) => demo.stop()));
  });

  function demo(port: number | string, securePort?: number | string): DemoProcess {
    const one = DemoProcess.demo(port, securePort);
    started.push(one);
    return one;
  }

  it('sends its pages with a policy that allows no foreign and no inline scripts', async () => {
    const url = await demo(0).address();
    for (const path of [
      '/',
      '/echo',
      '/chat.mjs',
      '/client.min.mjs',
      '/client.min.mjs.map',
      '/theme.css',
      '/favicon.svg',
    ]) {
      const response = await fetch(new URL(path, url));
      expect(response.status, path).to.equal(200);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).to.include("default-src 'self'").and.include("script-src 'self';").and.include("style-src 'self'");
      expect(policy).to.not.include('unsafe');
    }
    expect((await fetch(new URL('/chat.mjs', url))).headers.get('content-type')).to.match(/^text\/javascript/);
    expect((await fetch(new URL('/nothing', url))).status).to.equal(404);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`closes the connections with 1001 and ends with 0 on ${signal}`, async () => {
      const site = demo(0);
      const plain = await connect(new URL('/chat', await site.address()).href.replace('http', 'ws'));
      const secureUrl = new URL('/chat', await site.address('https')).href.replace('https', 'wss');
      const tls = { rejectUnauthorized: false };
      const secure = await connect(secureUrl, { tls });
      const overHttp2 = await connect(secureUrl, { tls, http2: true });
      expect(await site.stop(signal), site.output).to.equal(0);
      for (const socket of [plain, secure, overHttp2]) expect(await socket.closed).to.include({ code: 1001 });
    });
  }

  it('ends at once, with 1, at the second signal', async () => {
    const site = demo(0);
    const url = new URL('/chat', await site.address()).href.replace('http', 'ws');
    const [stuck, other] = [await connect(url), await connect(url)];
    // It does not answer the close frame, for which the site would wait.
    stuck.pause();
    const exited = site.stop('SIGTERM');
    await other.closed;
    expect(await site.stop('SIGINT'), site.output).to.equal(1);
    expect(await exited).to.equal(1);
    stuck.terminate();
    await stuck.closed;
  });

  it('tells of both addresses, and of the certificate', async () => {
    const site = demo(0);
    expect(await site.address()).to.not.equal(await site.address('https'));
    expect(site.output).to.include('The browser will warn about the certificate');
  });

  it('says of each port in words that it is taken, and ends with 1', async () => {
    const first = demo(0);
    const { port } = new URL(await first.address());
    for (const [second, variable] of [
      [demo(port), 'PORT'],
      [demo(0, port), 'PORT_HTTPS'],
    ] as const) {
      expect(await second.exited()).to.equal(1);
      expect(second.output).to.include(`Port ${port} is taken by another program. Choose another port with`);
      expect(second.output).to.include(`the environment variable ${variable},`);
      expect(second.output).to.not.include('    at ');
    }
  });

  it('does not have browsers come back by https alone, which would close the way of http', async () => {
    const response = await fetch(await demo(0).address());
    expect(response.headers.get('strict-transport-security')).to.equal(null);
  });

  for (const port of ['abc', '-1', '65536', '80.5']) {
    it(`refuses PORT=${port} in words`, async () => {
      const site = demo(port);
      expect(await site.exited()).to.equal(1);
      expect(site.output.trim()).to.equal(`PORT must be a number from 0 to 65535, not "${port}".`);
    });
  }

  for (const [port, securePort, problem] of [
    [0, 'abc', 'PORT_HTTPS must be a number from 0 to 65535, not "abc".'],
    [65_535, '', 'PORT_HTTPS is needed where PORT is 65535: there is no port behind it for https.'],
    [8765, 8765, 'PORT_HTTPS must be another port than PORT, not 8765 as well.'],
  ] as const) {
    it(`refuses PORT=${port} with PORT_HTTPS=${securePort} in words`, async () => {
      const site = demo(port, securePort);
      expect(await site.exited()).to.equal(1);
      expect(site.output.trim()).to.equal(problem);
    });
  }
});
