import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import { ChatServer } from '../../src/chat/chat-server';
import { CliProcess } from '../support/cli-process';

describe('switchboard subscribe', () => {
  let server: WebSocketServer;
  let url: string;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  const greet = (...messages: (string | Buffer)[]) =>
    server.on('connection', (socket) => {
      for (const message of messages) socket.send(message);
    });

  it('prints texts and binary messages, a line each', async () => {
    greet('one', Buffer.from([0, 255]), 'two\nlines');
    expect(await CliProcess.run(['subscribe', url, '-n', '3'])).to.deep.equal({
      code: 0,
      stdout: 'one\n00ff\ntwo\\nlines\n',
      stderr: '',
    });
  });

  it('prints them as they are where it is told to', async () => {
    greet('\x1b[1mbold', Buffer.from('bytes'));
    expect((await CliProcess.run(['subscribe', url, '-n', '2', '--raw'])).stdout).to.equal('\x1b[1mbold\nbytes');
  });

  it('prints JSON lines with the time', async () => {
    greet('\x9btext', Buffer.from([0, 255]));
    const { stdout } = await CliProcess.run(['subscribe', url, '-n', '2', '--json']);
    const [text, binary] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(stdout).to.contain('\\u009btext');
    expect(text).to.include({ text: '\x9btext' });
    expect(binary).to.include({ base64: 'AP8=' });
    expect(new Date(text!.at!).toISOString()).to.equal(text!.at);
  });

  it('ends with 0 on SIGINT where nothing was waited for, and with 130 otherwise', async () => {
    greet('one');
    for (const [args, code] of [
      [[], 0],
      [['-n', '2'], 130],
    ] as const) {
      const cli = new CliProcess(['subscribe', url, ...args]);
      await cli.printed(/one/);
      expect(await cli.stop('SIGINT')).to.deep.equal({ code, stdout: 'one\n', stderr: '' });
    }
  });

  it('ends at its time: with 0, or with 4 where something was waited for', async () => {
    greet('one');
    expect((await CliProcess.run(['subscribe', url, '-t', '1s'])).code).to.equal(0);
    expect((await CliProcess.run(['subscribe', url, '-t', '1s', '-e', 'two'])).code).to.equal(4);
  });

  it('ends with 3 at its time where there was no connection by then', async () => {
    const silent = net.createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const sockets: net.Socket[] = [];
    silent.on('connection', (socket) => sockets.push(socket));
    const { port } = silent.address() as AddressInfo;
    for (const room of [[], ['--room', 'news']]) {
      const { code, stderr } = await CliProcess.run(['subscribe', `127.0.0.1:${port}`, '-t', '100ms', ...room]);
      expect(stderr).to.contain('There was no connection within 100ms');
      expect(code).to.equal(3);
    }
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('ends with 4 at its time where nobody has answered the request to join', async () => {
    for (const goal of [[], ['-n', '1']]) {
      const { code, stdout, stderr } = await CliProcess.run([
        'subscribe',
        url,
        '-t',
        '300ms',
        '--room',
        'news',
        ...goal,
      ]);
      expect(stderr).to.contain('does not answer the request to join "news"');
      expect([code, stdout]).to.deep.equal([4, '']);
    }
  });

  it('ends as the server closes', async () => {
    for (const [code, expected] of [
      [1000, 0],
      [1001, 0],
      [1011, 5],
      [4000, 5],
    ] as const) {
      server.once('connection', (socket) => socket.close(code));
      expect((await CliProcess.run(['subscribe', url])).code, String(code)).to.equal(expected);
    }
  });

  it('ends quietly when nobody reads its output any more', async () => {
    server.on('connection', (socket) => {
      const flood = () => {
        if (socket.readyState === socket.OPEN) socket.send('x'.repeat(1000), () => setImmediate(flood));
      };
      flood();
    });
    const cli = new CliProcess(['subscribe', url]);
    await cli.printed(/x/);
    cli.child.stdout.destroy();
    const { code, stderr } = await cli.ended();
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('has the server wait while its output is not read', async () => {
    let sent = 0;
    let stalled = () => {};
    const isStalled = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    server.on('connection', (socket: WebSocket) => {
      // What nobody takes stays with the server, once the pipe and both kernels are full.
      const more = () => {
        for (; sent < 2_000; sent++) {
          if (socket.bufferedAmount > 8 * 1024 * 1024) {
            stalled();
            return;
          }
          socket.send('x'.repeat(64 * 1024));
        }
      };
      more();
    });
    const cli = new CliProcess(['subscribe', url]);
    cli.child.stdout.pause();
    await isStalled;
    expect(sent).to.be.below(2_000);
    await cli.stop('SIGKILL');
  });

  it('connects again with --reconnect, and says so on the error stream', async () => {
    let connections = 0;
    server.on('connection', (socket) => {
      connections++;
      socket.send(`connection ${connections}`);
      if (connections === 1) socket.terminate();
    });
    const { code, stdout, stderr } = await CliProcess.run(['subscribe', url, '--reconnect', '-e', 'connection 2']);
    expect(code).to.equal(0);
    expect(stdout).to.contain('connection 2');
    expect(stderr).to.match(/connecting again in \d/);
  });

  it('does not come back where the server does not want it', async () => {
    greet('one');
    server.on('connection', (socket) => socket.close(4003, 'banned'));
    const { code, stderr } = await CliProcess.run(['subscribe', url, '--reconnect']);
    expect(code).to.equal(5);
    expect(stderr).to.contain('4003 (application) "banned"');
  });
});

describe('switchboard subscribe --room', () => {
  let chat: ChatServer;
  let url: string;

  beforeEach(async () => {
    chat = new ChatServer('127.0.0.1', 0, {
      history: 10,
      identify: () => 'reader',
      authorizeJoin: (_socket, room) => room !== 'secret',
    });
    await chat.start();
    url = `127.0.0.1:${chat.address!.port}`;
  });

  afterEach(() => chat.stop());

  const joined = () => new Promise<void>((resolve) => void chat.once('join', () => resolve()));

  it('prints who says what, and nothing that harms', async () => {
    const here = joined();
    const cli = new CliProcess(['subscribe', url, '--room', 'news', '--name', 'Reader', '-n', '2']);
    await here;
    await chat.say('news', 'hello', { from: 'Ann' });
    await chat.say('news', '\x1b[2J\nBob: fake', { from: 'Eve' });
    expect(await cli.ended()).to.deep.equal({ code: 0, stdout: 'Ann: hello\nEve: \\x1b[2J\\nBob: fake\n', stderr: '' });
  });

  it('prints JSON lines with the time when it was said', async () => {
    const here = joined();
    const cli = new CliProcess(['subscribe', url, '--room', 'news', '--json', '-n', '1']);
    await here;
    const { at } = await chat.say('news', 'hello', { from: 'Ann' });
    const { stdout } = await cli.ended();
    const { from, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    expect(rest).to.deep.equal({ at: new Date(at).toISOString(), room: 'news', text: 'hello', offset: 1 });
    expect(from).to.include({ name: 'Ann' });
  });

  it('ends with 3 where it is not let in', async () => {
    const { code, stderr } = await CliProcess.run(['subscribe', url, '--room', 'secret']);
    expect(stderr).to.contain('The room "secret" cannot be joined').and.contain('forbidden');
    expect(code).to.equal(3);
  });

  it('comes back with --reconnect, and misses nothing', async () => {
    const here = joined();
    const cli = new CliProcess(['subscribe', url, '--room', 'news', '--reconnect', '-n', '2']);
    await here;
    await chat.say('news', 'before', { from: 'Ann' });
    await cli.printed(/before/);
    const back = joined();
    const left = new Promise<void>((resolve) => void chat.once('leave', () => resolve()));
    chat.disconnect({ user: 'reader', code: 1001 });
    await left;
    await chat.say('news', 'meanwhile', { from: 'Ann' });
    await back;
    expect((await cli.ended()).stdout).to.equal('Ann: before\nAnn: meanwhile\n');
  });

  it('ends with 5 when the server goes away, without --reconnect', async () => {
    const here = joined();
    const cli = new CliProcess(['subscribe', url, '--room', 'news']);
    await here;
    await cli.printed(/^/);
    await chat.stop();
    expect((await cli.ended()).code).to.equal(5);
  });
});
