import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { connect, HandshakeError } from '../../src';
import { ChatClient } from '../support/chat-client';
import { CliProcess } from '../support/cli-process';
import { debianTool } from '../support/debian-tool';
import { NatsServer } from '../support/nats-server';
import { RedisServer } from '../support/redis-server';

describe('switchboard serve', () => {
  const running: CliProcess[] = [];

  afterEach(async () => {
    for (const cli of running.splice(0)) await cli.stop('SIGKILL');
  });

  async function start(...args: string[]): Promise<{ cli: CliProcess; port: number }> {
    const cli = new CliProcess(['serve', '--port', '0', '--close-over', '0', ...args]);
    running.push(cli);
    const [, port] = await cli.printed(/ws:\/\/localhost:(\d+)\n(?:.*\n)*Ctrl-C/);
    return { cli, port: Number(port) };
  }

  it('echoes at every path, and logs connections', async () => {
    const { cli, port } = await start('echo', '--verbose');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/a/b?c`, { headers: { 'User-Agent': 'x\x9by' } });
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).to.equal('hello');
    await cli.printed(/#1 open 127\.0\.0\.1 \d+ HTTP\/1\.1 \/a\/b\?c "x\\x9by"/);
    socket.close(4000, 'done');
    await cli.printed(/#1 closed 4000 after \d+\.\d s "done"/);
  });

  it('is a chat otherwise, which keeps what was said', async () => {
    const { port } = await start('--history', '1');
    const ann = await ChatClient.connect(port);
    await ann.join('news', 'Ann');
    for (const text of ['one', 'two']) {
      ann.send({ type: 'message', text });
      await ann.expect('sent');
    }
    ann.send({ type: 'history' });
    const { messages } = await ann.expect('history');
    expect((messages as { text: string }[]).map(({ text }) => text)).to.deep.equal(['two']);
    ann.socket.close();
  });

  it('listens with TLS too, with a certificate of its own, over both versions of HTTP', async () => {
    const { cli } = await start('echo', '--tls', '--tls-port', '0');
    const [, port] = (await cli.printed(/wss:\/\/localhost:(\d+)/)) as unknown as [string, string];
    await cli.printed(/fingerprint is [0-9A-F:]{95}/);
    for (const http2 of [[], ['--http2']]) {
      const sent = await CliProcess.run(['send', `wss://localhost:${port}`, 'x', '-n', '1', '-k', ...http2]);
      expect(sent).to.deep.equal({ code: 0, stdout: 'x\n', stderr: '' });
    }
  });

  it('refuses pages of other origins, but those that are allowed', async () => {
    const { port } = await start('echo', '--allow-origin', 'http://good.example');
    for (const [origin, code] of [
      ['http://good.example', 0],
      ['http://bad.example', 3],
    ] as const) {
      const { code: ended } = await CliProcess.run(['send', `127.0.0.1:${port}`, 'x', '--origin', origin]);
      expect(ended, origin).to.equal(code);
    }
  });

  for (const [flag, status] of [
    ['--max-connections', 503],
    ['--max-connections-per-address', 429],
  ] as const) {
    it(`refuses more connections than ${flag} with ${status}, until one has closed`, async () => {
      const { port } = await start('echo', flag, '1');
      const first = new WebSocket(`ws://127.0.0.1:${port}`);
      await once(first, 'open');
      const refused = await connect(`ws://127.0.0.1:${port}`).catch((error) => error);
      expect(refused).to.be.instanceOf(HandshakeError).and.to.include({ status });
      first.close();
      await once(first, 'close');
      const second = await connect(`ws://127.0.0.1:${port}`);
      second.close();
      await second.closed;
    });
  }

  for (const service of ['echo', 'chat']) {
    it(`closes who sends more messages than --max-messages-per-second to its ${service}, with 1008`, async () => {
      const { port } = await start(service, '--max-messages-per-second', '1');
      const socket = await connect(`ws://127.0.0.1:${port}/`);
      for (let count = 0; count < 50; count++) socket.send('{}');
      expect(await socket.closed).to.include({ code: 1008 });
    });
  }

  it('refuses limits that are none', async () => {
    for (const flag of ['--max-connections', '--max-connections-per-address', '--max-messages-per-second']) {
      const { code, stderr } = await CliProcess.run(['serve', flag, '0']);
      expect(stderr).to.include(flag).and.include('It must be a whole number of at least 1.');
      expect(code).to.equal(2);
    }
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`closes its connections in order on ${signal}, and ends with 0`, async () => {
      const { cli, port } = await start('echo');
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      await once(socket, 'open');
      const closed = once(socket, 'close');
      const { code, stderr } = await cli.stop(signal);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const [closeCode, reason] = await closed;
      expect([closeCode, String(reason)]).to.deep.equal([1001, 'The server is stopping']);
    });
  }

  it('does not close all connections at once, but over the time of --close-over', async () => {
    const { cli, port } = await start('echo', '--close-over', '20h');
    const sockets = [1, 2, 3].map(() => new WebSocket(`ws://127.0.0.1:${port}`));
    await Promise.all(sockets.map((socket) => once(socket, 'open')));
    cli.child.kill('SIGTERM');
    await cli.printed(/Closing 3 connections over 20h; Ctrl-C once more ends at once\./);
    for (const socket of sockets) {
      socket.send('still here');
      expect(String((await once(socket, 'message'))[0])).to.equal('still here');
    }
    expect((await cli.stop()).code).to.equal(130);
  });

  it('ends at once by a second signal', async () => {
    const { cli, port } = await start('echo');
    // One that never answers a close frame.
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await once(socket, 'data');
    const goingAway = once(socket, 'data');
    cli.child.kill('SIGINT');
    await goingAway;
    expect((await cli.stop('SIGINT')).code).to.equal(130);
    socket.destroy();
  });

  it('says in a sentence that a port is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await CliProcess.run(['serve', '--port', String(port)]);
    other.close();
    expect(stderr).to.equal(
      `switchboard: Port ${port} is taken by another program: choose another one with --port, or any free one with --port 0.\n`,
    );
    expect(code).to.equal(3);
  });

  for (const [name, option] of [
    ['Redis', '--redis'],
    ['NATS', '--nats'],
  ] as const) {
    it(`says in a sentence that ${name} is not there, without the password`, async () => {
      const free = net.createServer().listen(0, '127.0.0.1');
      await once(free, 'listening');
      const { port } = free.address() as AddressInfo;
      free.close();
      await once(free, 'close');
      const url = `${name.toLowerCase()}://me:secret@127.0.0.1:${port}`;
      const { code, stderr } = await CliProcess.run(['serve', '--port', '0', option, url]);
      expect(stderr).to.match(new RegExp(`^switchboard: ${name} cannot be reached at 127\\.0\\.0\\.1:${port}: .+\\n$`));
      expect(stderr).not.to.contain('secret');
      expect(code).to.equal(3);
    });
  }

  async function talkAcross(...broker: string[]): Promise<void> {
    const nodes = await Promise.all([start(...broker), start(...broker)]);
    const [ann, bob] = await Promise.all(nodes.map(({ port }) => ChatClient.connect(port)));
    await ann!.join('news', 'Ann');
    await bob!.join('news', 'Bob');
    ann!.send({ type: 'message', text: 'hello' });
    for (;;) {
      const answer = await bob!.next();
      if (answer.type !== 'message') continue;
      expect(answer).to.include({ text: 'hello' });
      break;
    }
    for (const client of [ann!, bob!]) client.socket.close();
    for (const { cli } of nodes) expect((await cli.stop()).code).to.equal(0);
  }

  it('shares its rooms by Redis', async function () {
    const redis = await RedisServer.start(debianTool(this, 'redis-server'));
    try {
      await talkAcross('--redis', redis.url);
    } finally {
      await redis.stop();
    }
  });

  it('shares its rooms by NATS', async function () {
    const nats = await NatsServer.start(debianTool(this, 'nats-server'));
    try {
      await talkAcross('--nats', `nats://127.0.0.1:${nats.port}`);
    } finally {
      await nats.stop();
    }
  });
});
