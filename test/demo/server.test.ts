import { expect } from 'chai';
import { WebSocket } from 'undici';
import { DemoProcess } from '../support/demo-process';

describe('demo server', function () {
  // Programs are started, and compile themselves first.
  this.timeout(60_000);

  const started: DemoProcess[] = [];

  afterEach(async () => {
    await Promise.all(started.splice(0).map((demo) => demo.stop()));
  });

  function demo(port: number | string): DemoProcess {
    const one = DemoProcess.demo(port);
    started.push(one);
    return one;
  }

  it('sends its pages with a policy that allows no foreign and no inline scripts', async () => {
    const url = await demo(0).address();
    for (const path of ['/', '/echo', '/chat.mjs', '/theme.css', '/favicon.svg']) {
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
      const url = new URL('/chat', await site.address());
      const socket = new WebSocket(url.href.replace('http', 'ws'));
      await new Promise((resolve) => socket.addEventListener('open', resolve));
      const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
      expect(await site.stop(signal)).to.equal(0);
      expect(await closed).to.equal(1001);
    });
  }

  it('says in words that its port is taken, and ends with 1', async () => {
    const first = demo(0);
    const { port } = new URL(await first.address());
    const second = demo(port);
    expect(await second.exited()).to.equal(1);
    expect(second.output).to.include(`Port ${port} is taken by another program. Choose another port with`);
    expect(second.output).to.not.include('    at ');
  });

  for (const port of ['abc', '-1', '65536', '80.5']) {
    it(`refuses PORT=${port} in words`, async () => {
      const site = demo(port);
      expect(await site.exited()).to.equal(1);
      expect(site.output.trim()).to.equal(`PORT must be a number from 0 to 65535, not "${port}".`);
    });
  }
});
