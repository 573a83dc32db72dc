import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import type { BenchResult } from '../../../src/cli/bench/result';
import { BenchProgram } from '../../support/bench-program';
import { TestServers } from '../../support/test-servers';

/** Enough for some thousand messages, or a few on a busy machine. */
const short = ['--connections', '10', '--duration', '300ms', '--no-warmup', '--json'];

/** For servers that do not answer everything: so long is waited for in vain. */
const impatient = ['--grace', '200ms'];

/** What must be so of every result, whatever was measured. */
function expectConsistent({ mode, connections, messages, measured, generator }: BenchResult): void {
  expect(measured).to.be.above(0);
  expect(generator.cpu).to.be.at.least(0);
  expect(generator.eventLoop).to.be.within(0, 1);
  for (const latency of [connections.latency, messages?.latency, generator.lateness]) {
    if (!latency) continue;
    const { min, p50, p90, p99, p999, max, histogram, count } = latency;
    // Percentiles are true to three figures, and so is the largest.
    for (const [less, more] of [
      [min, p50],
      [p50, p90],
      [p90, p99],
      [p99, p999],
      [p999, max * 1.001],
    ] as const) {
      expect(less).to.be.at.most(more);
    }
    expect(histogram.reduce((sum, bin) => sum + bin.count, 0)).to.equal(count);
  }
  if (messages === null) return;
  expect(connections.latency?.count).to.equal(connections.opened);
  if (mode === 'send' || mode === 'receive') return;
  expect(messages.answered + messages.wrong + messages.missing).to.equal(messages.sent);
  expect(messages.latency?.count ?? 0).to.equal(messages.answered);
  expect(messages.perSecond).to.be.closeTo(((messages.answered - messages.late) / measured) * 1000, 0.01);
}

describe('switchboard bench', () => {
  const servers = new TestServers();
  const programs: BenchProgram[] = [];
  const wsServers: WebSocketServer[] = [];

  afterEach(async () => {
    for (const program of programs.splice(0)) await program.kill();
    for (const server of wsServers.splice(0)) {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  after(() => servers.close());

  function start(args: readonly string[], limits: { openFiles?: number } = {}): BenchProgram {
    const program = new BenchProgram(args, limits);
    programs.push(program);
    return program;
  }

  /** Runs it to the end; with `--json` unless the arguments are others. */
  async function run(url: string, more: readonly string[] = [], base: readonly string[] = short) {
    const program = start([url, ...base, ...more]);
    const exitCode = await program.ended;
    return { program, exitCode };
  }

  async function measured(url: string, more: readonly string[] = []) {
    const { program, exitCode } = await run(url, more);
    const result = program.result();
    expectConsistent(result);
    return { exitCode, result, messages: result.messages!, connections: result.connections };
  }

  /** A server of `ws`, which does this with each connection. */
  async function wsServer(onConnection: (socket: WebSocket, number: number) => void): Promise<string> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    wsServers.push(server);
    let number = 0;
    server.on('connection', (socket) => onConnection(socket, number++));
    await once(server, 'listening');
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const echo = (socket: WebSocket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  };

  it('measures our echo server', async () => {
    const { port } = await servers.server();
    const { result, messages, connections, exitCode } = await measured(`ws://localhost:${port}/`);
    expect(exitCode).to.equal(0);
    expect(result).to.include({ mode: 'echo', ended: 'complete', url: `ws://localhost:${port}/` });
    expect(result.options).to.deep.equal({
      connections: 10,
      inFlight: 1,
      rate: null,
      size: 32,
      binary: false,
      duration: 300,
      warmup: 0,
    });
    expect(connections).to.deep.include({ opened: 10, failed: {}, lost: {}, errors: {}, httpVersion: '1.1' });
    expect(messages.answered).to.be.at.least(10);
    expect(messages).to.include({ missing: 0, wrong: 0, outOfOrder: 0, firstWrong: null });
  });

  it('measures a server of ws, with binary messages, several in flight, and a warm-up', async () => {
    const more = ['--binary', '--in-flight', '8', '--size', '100k', '--warmup', '50ms', '--compress'];
    const { messages, exitCode } = await measured(await wsServer(echo), more);
    expect(exitCode).to.equal(0);
    expect(messages.answered).to.be.at.least(80);
    expect(messages).to.include({ missing: 0, wrong: 0 });
    expect(messages.bytesPerSecond).to.be.closeTo(messages.perSecond * 102_400, 1);
  });

  it('follows a timetable', async () => {
    const { result, messages, exitCode } = await measured(await wsServer(echo), ['--rate', '200', '--ramp', '100ms']);
    expect(exitCode).to.equal(0);
    expect(result.options).to.include({ inFlight: null, rate: 200 });
    expect(messages.sent).to.be.within(1, result.measured / 5 + 20);
    expect(result.generator.lateness?.count).to.be.within(1, messages.sent);
  });

  it('prints a report for people', async () => {
    const { program, exitCode } = await run(await wsServer(echo), [], ['-c', '2', '-d', '200ms', '--no-warmup']);
    expect(exitCode).to.equal(0);
    expect(program.stdout).to.match(/^ws:\/\/127.0.0.1:\d+ \(HTTP\/1.1\): echo, 2 connections, 1 in flight each/);
    for (const words of ['messages/s', 'p99.9', 'message to answer', '%  █']) expect(program.stdout).to.contain(words);
    expect(program.stderr).to.equal('');
  });

  it('finds a server out that answers wrongly', async () => {
    const url = await wsServer((socket) => socket.on('message', (data) => socket.send(`${data}\x1b[2J`)));
    const { messages, exitCode } = await measured(url, impatient);
    expect(exitCode).to.equal(4);
    expect(messages).to.include({ answered: 0, sent: 10, missing: 0, wrong: 10, latency: null });
    expect(messages.firstWrong).to.match(/^[0-9a-z]{32}\\x1b\[2J$/);
  });

  it('finds a server out that sends text back as binary, or answers of another connection', async () => {
    const asBinary = await wsServer((socket) => socket.on('message', (data) => socket.send(data, { binary: true })));
    expect((await measured(asBinary, impatient)).messages).to.include({ answered: 0, wrong: 10 });
    const sockets: WebSocket[] = [];
    const mixedUp = await wsServer((socket, number) => {
      sockets.push(socket);
      socket.on('message', (data) => sockets[(number + 1) % 10]?.send(String(data)));
    });
    const { messages, exitCode } = await measured(mixedUp, impatient);
    expect(exitCode).to.equal(4);
    expect(messages).to.include({ answered: 0, wrong: 10 });
  });

  it('takes any answer in mode answer, for a message of our own', async () => {
    const heard = new Set<string>();
    const url = await wsServer((socket) => {
      socket.on('message', (data) => {
        heard.add(String(data));
        if (String(data) !== 'hello') socket.send('{"ok":true}');
      });
    });
    const more = ['--mode', 'answer', '--message', '{"type":"ping"}', '--first', 'hello'];
    const { messages, result, exitCode } = await measured(url, more);
    expect(exitCode).to.equal(0);
    expect([...heard]).to.deep.equal(['hello', '{"type":"ping"}']);
    expect(messages.answered).to.be.at.least(10);
    expect(result.options.size).to.equal(15);
  });

  it('counts answers that come in another order, and takes them', async () => {
    const url = await wsServer((socket) => {
      let heard = 0;
      socket.on('message', (data) => {
        if (heard++ % 2 === 0) setTimeout(() => socket.send(String(data)), 5);
        else socket.send(String(data));
      });
    });
    const { messages, exitCode } = await measured(url, ['--in-flight', '4']);
    expect(exitCode).to.equal(0);
    expect(messages).to.include({ wrong: 0, missing: 0 });
    expect(messages.outOfOrder).to.be.within(1, messages.answered - 1);
  });

  it('counts messages that are never answered', async () => {
    const silent = await measured(await wsServer(() => {}), impatient);
    expect(silent.exitCode).to.equal(4);
    expect(silent.messages).to.include({ sent: 10, answered: 0, missing: 10, perSecond: 0, latency: null });
    const forgetful = await wsServer((socket, number) => {
      if (number > 0) echo(socket);
    });
    const { messages, exitCode } = await measured(forgetful, [...impatient, '--rate', '100']);
    expect(exitCode).to.equal(4);
    expect(messages.missing).to.be.within(1, messages.sent / 5);
    expect(messages.wrong).to.equal(0);
  });

  it('reports what was measured when the server closes in the middle', async () => {
    const url = await wsServer((socket) => {
      let heard = 0;
      socket.on('message', (data) => (++heard > 5 ? socket.close(4000) : socket.send(String(data))));
    });
    const { result, messages, connections, exitCode } = await measured(url, ['--duration', '1h']);
    expect(exitCode).to.equal(5);
    expect(result.ended).to.equal('lost');
    expect(connections.lost).to.deep.equal({ 4000: 10 });
    expect(messages).to.include({ sent: 60, answered: 50, missing: 10 });
  });

  it('reports what was measured when the server dies', async () => {
    let heard = 0;
    const url = await wsServer((socket) => {
      socket.on('message', (data) => {
        if (++heard < 100) socket.send(String(data));
        else for (const client of wsServers[0]!.clients) client.terminate();
      });
    });
    const { result, messages, connections, exitCode } = await measured(url, ['--duration', '1h']);
    expect(exitCode).to.equal(5);
    expect(result.ended).to.equal('lost');
    expect(connections.lost).to.deep.equal({ 1006: 10 });
    expect(messages.answered).to.be.within(1, 99);
  });

  it('goes on with the connections that are left', async () => {
    const url = await wsServer((socket, number) => {
      if (number === 3) socket.close(1013);
      else echo(socket);
    });
    const { result, connections, exitCode } = await measured(url, ['--opening', '1', '--rate', '100']);
    expect(exitCode).to.equal(5);
    expect(result.ended).to.equal('complete');
    expect(connections).to.deep.include({ opened: 10, lost: { 1013: 1 } });
  });

  it('says in a sentence that nobody is there, and prints no result', async () => {
    const server = http.createServer();
    const port = await servers.listen(server);
    await new Promise((resolve) => server.close(resolve));
    const { program, exitCode } = await run(`ws://127.0.0.1:${port}`);
    expect(exitCode).to.equal(3);
    expect(program.stdout).to.equal('');
    expect(program.stderr).to.match(/^switchboard: Could not connect to ws:\/\/127.0.0.1:\d+: .*ECONNREFUSED.*\n$/);
  });

  it('says in a sentence that the server refuses', async () => {
    const server = http.createServer();
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'));
    const port = await servers.listen(server);
    const { program, exitCode } = await run(`ws://127.0.0.1:${port}`);
    expect(exitCode).to.equal(3);
    expect(program.stdout).to.equal('');
    expect(program.stderr).to.match(/^switchboard: .*401.*\n$/);
  });

  it('counts connections that are refused later, by status', async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (sockets.clients.size < 4) sockets.handleUpgrade(request, socket, head, echo);
      else socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    });
    const port = await servers.listen(server);
    const { connections, messages, exitCode } = await measured(`ws://127.0.0.1:${port}`);
    expect(exitCode).to.equal(3);
    expect(connections).to.deep.include({ opened: 4, failed: { HTTP_503: 6 } });
    expect(messages.answered).to.be.at.least(4);
  });

  it('sends without answers', async () => {
    let heard = 0;
    const url = await wsServer((socket) => {
      socket.on('message', () => {
        heard++;
      });
    });
    const { messages, exitCode } = await measured(url, ['--mode', 'send', '--connections', '2', '--size', '1k']);
    expect(exitCode).to.equal(0);
    expect(messages).to.include({ answered: 0, missing: 0, latency: null });
    expect(messages.sent).to.be.above(1);
    expect(heard).to.be.at.least(messages.sent);
    expect(messages.bytesPerSecond).to.be.closeTo(messages.perSecond * 1024, 1);
  });

  it('sends all it can to a server that answers, and ends by the clock', async () => {
    const { port } = await servers.server({ options: { maxBufferedAmount: 2 ** 30 } });
    const { result, connections, exitCode } = await measured(`ws://localhost:${port}/`, ['--mode', 'send']);
    expect(exitCode).to.equal(0);
    expect(result.ended).to.equal('complete');
    expect(connections.lost).to.deep.equal({});
  });

  it('sends by a timetable, and does not keep what comes nevertheless', async () => {
    const { port } = await servers.server();
    const { connections, result, messages, exitCode } = await measured(`ws://localhost:${port}/`, [
      '--mode',
      'send',
      '--rate',
      '500',
    ]);
    expect(exitCode).to.equal(0);
    expect(connections.lost).to.deep.equal({});
    expect(messages.sent).to.be.within(1, result.measured / 2 + 20);
  });

  it('receives what comes by itself, when it was asked for', async () => {
    const url = await wsServer((socket) => {
      socket.once('message', (asked) => {
        const timer = setInterval(() => socket.send(String(asked)), 5);
        socket.once('close', () => clearInterval(timer));
      });
    });
    const { messages, result, exitCode } = await measured(url, ['--mode', 'receive', '--first', 'subscribe']);
    expect(exitCode).to.equal(0);
    expect(result.options).to.include({ size: null, inFlight: null });
    expect(messages).to.include({ sent: 0, missing: 0, wrong: 0, latency: null });
    expect(messages.answered).to.be.at.least(1);
    expect(messages.bytesPerSecond).to.be.closeTo(messages.perSecond * 'subscribe'.length, 0.01);
  });

  it('opens and closes connections all the time', async () => {
    let opened = 0;
    const url = await wsServer(() => {
      opened++;
    });
    const { result, connections, exitCode } = await measured(url, ['--mode', 'connect']);
    expect(exitCode).to.equal(0);
    expect(result.messages).to.equal(null);
    expect(connections.opened).to.be.within(1, opened);
    expect(connections.latency?.count).to.equal(connections.opened);
    expect(connections.failed).to.deep.equal({});
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends early by ${signal}, and reports what was measured`, async () => {
      let heard = 0;
      let heardEnough = () => {};
      const enough = new Promise<void>((resolve) => {
        heardEnough = resolve;
      });
      const url = await wsServer((socket) => {
        echo(socket);
        socket.on('message', () => {
          if (++heard === 50) heardEnough();
        });
      });
      const program = start([url, ...short, '--duration', '1h', '--grace', '10s']);
      await enough;
      program.interrupt(signal);
      expect(await program.ended).to.equal(130);
      const result = program.result();
      expectConsistent(result);
      expect(result.ended).to.equal('interrupted');
      expect(result.messages).to.include({ missing: 0 });
      expect(result.messages!.answered).to.be.at.least(50);
    });
  }

  it('ends at once by a second Ctrl-C', async () => {
    let heard = () => {};
    const first = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const url = await wsServer((socket) => socket.on('message', () => heard()));
    const program = start([url, ...short, '--duration', '1h', '--grace', '1h']);
    await first;
    program.interrupt();
    await program.hasSaid(/once more/);
    program.interrupt();
    expect(await program.ended).to.equal(130);
    expect(program.stdout).to.equal('');
  });

  it('refuses more connections than files may be open, or says so on the way', async function () {
    if (process.platform === 'win32') this.skip();
    const url = await wsServer(echo);
    const before = start([url, ...short, '--connections', '500'], { openFiles: 300 });
    expect(await before.ended).to.equal(2);
    expect(before.stderr).to.match(/^switchboard: 500 connections are more .* its limit of open files is 300/);
    const onTheWay = start([url, ...short, '--connections', '190'], { openFiles: 120 });
    expect(await onTheWay.ended).to.equal(1);
    expect(onTheWay.stderr).to.match(/After \d+ connections the limit of open files of this process .* is reached/);
    expect(onTheWay.stdout).to.equal('');
  });

  it('refuses options that mean nothing together', async () => {
    const refused = async (...args: string[]) => {
      const { program, exitCode } = await run('ws://127.0.0.1:1', args, []);
      expect(exitCode, args.join(' ')).to.equal(2);
      expect(program.stdout).to.equal('');
      return program.stderr;
    };
    expect(await refused('--mode', 'connect', '--size', '64')).to.match(
      /--size has no meaning with --mode connect: no message is sent/,
    );
    expect(await refused('--mode', 'send', '--in-flight', '2')).to.match(/--in-flight has no meaning with --mode send/);
    expect(await refused('--rate', '5', '--in-flight', '2')).to.match(/--rate.*cannot be used with.*--in-flight/);
    expect(await refused('--message', '')).to.match(/--message must not be empty/);
    expect(await refused('--mode', 'talk')).to.match(/echo, answer, send, receive, connect/);
  });
});
