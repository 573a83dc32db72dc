import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

/** Runs a program beside the built package, and returns what `NODE_DEBUG` shows of ours, without process id and port. */
async function debugged(program: string, sections = 'switchboard'): Promise<string[]> {
  const env = { ...process.env, NODE_DEBUG: sections };
  const cwd = path.join(__dirname, '../..');
  const { stderr } = await promisify(execFile)(process.execPath, ['--eval', program], { cwd, env });
  const lines = stderr.split('\n').filter((line) => line.startsWith('SWITCHBOARD'));
  return lines.map((line) => line.replace(/^SWITCHBOARD \d+: /, '').replace(/localhost:\d+/, 'localhost'));
}

const echo = (options: string) => `
  const express = require('express');
  const { connect, switchboard } = require('switchboard');
  const app = express();
  const board = switchboard(app, ${options});
  app.ws('/echo', (socket) => {
    socket.on('message', (data) => {
      if (data === 'bye') socket.close(1000, 'so long');
      else socket.send(data);
    });
  });
`;

const from = (lines: string[], beginning: string) => lines.filter((line) => line.startsWith(beginning));

describe('NODE_DEBUG=switchboard', () => {
  it('shows handshakes, frames and ends, of both roles', async () => {
    const lines = await debugged(`${echo('{ perMessageDeflate: { threshold: 150 } }')}
      const server = app.listen(0, async () => {
        const url = 'ws://localhost:' + server.address().port;
        const socket = await connect(url + '/echo?token=secret', { perMessageDeflate: { threshold: 150 } });
        socket.send('\\u001b[31mred');
        await socket.receive();
        await socket.ping('p');
        socket.send('in ', { fin: false });
        socket.send('two');
        await socket.receive();
        socket.send('x'.repeat(126));
        await socket.receive();
        socket.send('y'.repeat(150));
        await socket.receive();
        for (const piece of ['one', 'two']) socket.send(piece);
        await socket.receive();
        await socket.receive();
        socket.send('bye');
        await socket.closed;
        await connect(url + '/nowhere').catch(() => {});
        server.close();
      });`);
    expect(from(lines, 'upgrade')).to.deep.equal([
      'upgrade of /echo requested',
      'upgrade of /echo accepted',
      'upgrade of /nowhere requested',
      'upgrade of /nowhere refused: 404 HTTP_404',
    ]);
    expect(from(lines, 'connecting')).to.deep.equal(['connecting to ws://localhost', 'connecting to ws://localhost']);
    expect(from(lines, 'not connected')).to.have.length(1);
    expect(lines.join()).not.to.include('secret');
    const text = 'text fin masked 8 bytes "\\u001b[31mred"';
    const server = from(lines, '#1 server').map((line) => line.replace(/(rsv1( masked)? \d+ bytes).*/, 'rsv1'));
    expect(server).to.deep.equal([
      '#1 server open',
      `#1 server <- ${text}`,
      `#1 server -> ${text.replace(' masked', '')}`,
      '#1 server <- ping fin masked 1 byte "p"',
      '#1 server -> pong fin 1 byte "p"',
      '#1 server <- text masked 3 bytes "in "',
      '#1 server <- continuation fin masked 3 bytes "two"',
      '#1 server -> text fin 6 bytes "in two"',
      `#1 server <- text fin masked 126 bytes "${'x'.repeat(64)}" …`,
      `#1 server -> text fin 126 bytes "${'x'.repeat(64)}" …`,
      '#1 server <- text fin rsv1',
      '#1 server -> text fin rsv1',
      '#1 server <- text fin masked 3 bytes "one"',
      '#1 server <- text fin masked 3 bytes "two"',
      '#1 server -> text fin 3 bytes "one"',
      '#1 server -> text fin 3 bytes "two"',
      '#1 server <- text fin masked 3 bytes "bye"',
      '#1 server -> close fin 9 bytes 1000 "so long"',
      '#1 server <- close fin masked 9 bytes 1000 "so long"',
      '#1 server closed: sent 1000 (normal closure) "so long", then received 1000 (normal closure) "so long"',
    ]);
    // What one end sends the other receives.
    const client = from(lines, '#2 client');
    const turned = client.map((line) => line.replace('#2 client', '#1 server').replace(/<-|->/, (way) => turn[way]!));
    const frames = (all: string[]) => all.filter((line) => / (<-|->) /.test(line)).sort();
    expect(frames(turned)).to.deep.equal(frames(from(lines, '#1 server')));
    expect(client[0]).to.equal('#2 client open');
    expect(client.at(-1)).to.match(/^#2 client closed: received 1000/);
  });

  it('shows the same over HTTP/2', async () => {
    const lines = await debugged(`${echo('{}')}
      const server = require('node:http2').createServer();
      board.attach(server);
      server.listen(0, async () => {
        const socket = await connect('ws://localhost:' + server.address().port + '/echo', { http2: true });
        socket.send('hello');
        await socket.receive();
        socket.send('bye');
        await socket.closed;
        server.close();
      });`);
    expect(from(lines, '#1')).to.deep.equal([
      '#1 server open',
      '#1 server <- text fin masked 5 bytes "hello"',
      '#1 server -> text fin 5 bytes "hello"',
      '#1 server <- text fin masked 3 bytes "bye"',
      '#1 server -> close fin 9 bytes 1000 "so long"',
      '#1 server <- close fin masked 9 bytes 1000 "so long"',
      '#1 server closed: sent 1000 (normal closure) "so long", then received 1000 (normal closure) "so long"',
    ]);
  });

  it('is silent where something else is asked for', async () => {
    const program = `${echo('{}')}
      const server = app.listen(0, async () => {
        (await connect('ws://localhost:' + server.address().port + '/echo')).close();
        server.close();
      });`;
    expect(await debugged(program, 'http')).to.deep.equal([]);
  });
});

const turn: Record<string, string> = { '<-': '->', '->': '<-' };
