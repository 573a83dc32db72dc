import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import { certificateFolder } from '../../bench/certificate';
import { createRing, encodeRing, type MessageShape } from '../../bench/frames';
import { openWorkshop, root, type Workshop } from '../../bench/workshop';
import { complaintOf, needGenerator, runGenerator } from '../support/bench-generator';
import { debianHeader } from '../support/debian-tool';

const text32: MessageShape = { type: 'text', size: 32 };

describe('bench generator over TLS', function () {
  this.timeout(60_000);
  let workshop: Workshop | undefined;
  let server: Server;
  let sockets: WebSocketServer;

  before(async function () {
    this.timeout(600_000);
    needGenerator(this);
    debianHeader(this, 'openssl/ssl.h', 'libssl-dev');
    workshop = openWorkshop();
    const folder = await certificateFolder(workshop);
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(folder, name)));
    const subscribers = new Set<WebSocket>();
    server = createServer({ key, cert });
    sockets = new WebSocketServer({ server, maxPayload: 2 ** 25 });
    sockets.on('connection', (socket, { url }) => {
      if (url === '/subscribe') subscribers.add(socket);
      socket.on('close', () => subscribers.delete(socket));
      socket.on('message', (data, binary) => {
        for (const receiver of url === '/publish' ? subscribers : [socket]) receiver.send(data, { binary });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    for (const socket of sockets?.clients ?? []) socket.terminate();
    server?.close();
    workshop?.remove();
  });

  function flagsFor(shape: MessageShape) {
    const { port } = server.address() as AddressInfo;
    return { port, tls: true, frames: workshop!.write('frames', encodeRing(shape, createRing(shape, 4))) } as const;
  }

  for (const [load, path] of [
    ['echo', '/echo'],
    ['fanout', '/subscribe'],
    ['handshake', '/echo'],
  ] as const) {
    it(`drives the load ${load}`, async () => {
      expect((await runGenerator(workshop!, load, { ...flagsFor(text32), path })).messages).to.be.above(2);
    });
  }

  it('sends and reads messages of many records', async () => {
    const report = await runGenerator(workshop!, 'echo', {
      ...flagsFor({ type: 'binary', size: 700_000 }),
      'in-flight': 2,
    });
    expect(report.messages).to.be.above(2);
    expect(report.meanPayload).to.equal(700_000);
  });

  it('says so when the server does not speak TLS', async () => {
    const plain = createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    try {
      const { port } = plain.address() as AddressInfo;
      const attempt = runGenerator(workshop!, 'echo', { ...flagsFor(text32), port });
      expect(await complaintOf(attempt)).to.contain('TLS to the server broke: wrong version number');
    } finally {
      plain.close();
    }
  });

  it('says which package to install where it was compiled without OpenSSL', async () => {
    const folder = join(root, 'bench', 'generator');
    const sources = readdirSync(folder).filter((file) => file.endsWith('.c'));
    const generator = join(workshop!.folder, 'generator-without-tls');
    const flags = ['-w', '-std=gnu11', '-D__has_include(header)=0', '-o', generator];
    const { status, stderr } = spawnSync('cc', [...flags, ...sources], { cwd: folder, encoding: 'utf8' });
    expect(status, stderr).to.equal(0);
    const attempt = runGenerator({ ...workshop!, generator }, 'echo', flagsFor(text32));
    expect(await complaintOf(attempt)).to.contain('apt-get install libssl-dev');
  });
});
