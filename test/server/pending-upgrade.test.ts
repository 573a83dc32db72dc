import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { HandshakeError } from '../../src/protocol/errors';
import { PendingUpgrade, pendingUpgrade } from '../../src/server/pending-upgrade';

/** A transport that is no socket: it has no setTimeout, as that of HTTP/2. */
class Transport extends Duplex {
  written = '';
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.written += chunk.toString('latin1');
    callback();
  }
}

/** One that the application has been handed, and did not accept at once. */
function begin(handshakeTimeout = 1000, head = Buffer.alloc(0)) {
  const begun = hand(handshakeTimeout, head);
  begun.pending.watch();
  return begun;
}

function hand(handshakeTimeout = 1000, head = Buffer.alloc(0)) {
  const socket = new Transport();
  const request = Object.assign(new Duplex({ read() {} }), {
    upgrade: true,
    method: 'GET',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    headers: {},
    socket,
  }) as unknown as IncomingMessage;
  let settled = 0;
  const pending = new PendingUpgrade({
    server: {} as Server,
    request,
    socket,
    head,
    handshakeTimeout,
    onSettled: () => settled++,
  });
  return { socket, request, pending, settled: () => settled };
}

describe('PendingUpgrade', () => {
  it('is found by its request, until it is released', () => {
    const { request, pending } = begin();
    expect(pendingUpgrade(request)).to.equal(pending);
    pending.release();
    expect(pendingUpgrade(request)).to.equal(undefined);
    expect(pendingUpgrade({} as IncomingMessage)).to.equal(undefined);
  });

  it('keeps the frames that come while the 101 is on its way out', async () => {
    const { socket, pending } = begin();
    let written = () => {};
    socket._write = (_chunk, _encoding, callback) => {
      written = callback;
    };
    pending.response.writeHead(101).end();
    socket.push('a frame');
    await once(socket, 'data');
    const finished = once(pending.response, 'finish');
    written();
    await finished;
    expect(String(pending.release())).to.equal('a frame');
  });

  it('gathers what comes early, and gives it back with the socket as it was', async () => {
    const { socket, pending, settled } = begin(1000, Buffer.from('head,'));
    socket.push('one,');
    socket.push('two');
    await new Promise(setImmediate);
    expect(String(pending.release())).to.equal('head,one,two');
    expect(socket.readableFlowing).to.equal(null);
    for (const event of ['data', 'end', 'error', 'drain']) expect(socket.listenerCount(event), event).to.equal(0);
    expect(settled()).to.equal(1);
    socket.push('three');
    const [chunk] = await once(socket, 'data');
    expect(String(chunk)).to.equal('three');
    socket.destroy();
  });

  it('never touches the socket where the application accepts at once', async () => {
    const { socket, pending, settled } = hand(20, Buffer.from('head'));
    const listeners = socket.eventNames();
    expect(String(pending.release())).to.equal('head');
    pending.watch();
    expect(socket.readableFlowing).to.equal(null);
    // The response's own, which it takes off with itself.
    expect(socket.eventNames()).to.deep.equal(listeners.filter((event) => event !== 'close'));
    expect(settled()).to.equal(1);
    await delay(40);
    expect(socket.written).to.equal('');
    socket.destroy();
  });

  it('refuses a client that sends more than 64 KiB, and reads what it still sends', async () => {
    const { socket, pending } = begin();
    socket.push(Buffer.alloc(64 * 1024));
    await new Promise(setImmediate);
    expect(pending.abandoned).to.equal(false);
    socket.push('more');
    await once(socket, 'finish');
    expect(socket.written).to.match(/^HTTP\/1.1 503 .*more than 65536 bytes before/s);
    socket.push('more');
    await new Promise(setImmediate);
    expect([socket.readableLength, socket.isPaused()]).to.deep.equal([0, false]);
    socket.destroy();
  });

  it('has a client wait past 64 KiB whose 101 is on its way', async () => {
    const { socket, pending } = begin();
    pending.response.writeHead(101);
    for (let i = 0; i < 8; i++) socket.push(Buffer.alloc(16 * 1024));
    await new Promise(setImmediate);
    expect(pending.abandoned).to.equal(false);
    expect(socket.isPaused()).to.equal(true);
    expect(pending.release().length + socket.readableLength).to.equal(8 * 16 * 1024);
    socket.destroy();
  });

  it('bounds what all clients together send too early: who sends more is refused', async () => {
    const most = Buffer.alloc(64 * 1024);
    const patient = begin();
    const greedy = Array.from({ length: 256 }, () => begin(1000, most));
    expect(greedy.every(({ pending }) => !pending.abandoned)).to.equal(true);
    // A client that brings it behind its head is refused as well.
    const late = begin(1000, Buffer.from('more'));
    expect(late.pending.refusal).to.include({ status: 503, code: 'EARLY_BYTES' });
    expect(late.pending.refusal!.message).to.match(/^Clients have sent this server more than 16777216 bytes/);
    expect([greedy[1]!.pending.abandoned, patient.pending.abandoned]).to.deep.equal([false, false]);
    // What is gone makes room.
    greedy[2]!.pending.release();
    greedy[3]!.socket.destroy();
    await once(greedy[3]!.socket, 'close');
    for (let i = 0; i < 2; i++) {
      const next = begin(1000, most);
      expect(next.pending.abandoned).to.equal(false);
      greedy.push(next);
    }
    for (const { socket } of [patient, late, ...greedy]) socket.destroy();
  });

  it('refuses with a whole answer, and ends the socket', async () => {
    const { socket, pending, settled } = begin();
    pending.refuse(new HandshakeError('Not here', { status: 404 }));
    await once(socket, 'finish');
    expect(socket.written).to.match(/^HTTP\/1.1 404 .*Not here\n$/s);
    socket.push(null);
    await once(socket, 'close');
    expect(settled()).to.equal(1);
  });

  it('cuts a refused client that stays', async () => {
    const { socket, pending } = begin(30);
    pending.refuse(new HandshakeError('Not here', { status: 404 }));
    await once(socket, 'close');
  });

  it('refuses at the deadline', async () => {
    const { socket } = begin(20);
    await once(socket, 'finish');
    expect(socket.written).to.match(/^HTTP\/1.1 503 /);
    socket.push(null);
    await once(socket, 'close');
  });

  it('cuts the socket at the deadline when the answer has begun and does not end', async () => {
    const { socket, pending } = begin(20);
    pending.response.writeHead(200);
    await once(socket, 'close');
  });

  it('aborts the request when the client leaves', async () => {
    const { socket, request, pending, settled } = begin();
    socket.push(null);
    await once(socket, 'close');
    expect(pending.abandoned).to.equal(true);
    expect(request.destroyed).to.equal(true);
    expect(settled()).to.equal(1);
  });

  it('survives an error of the socket', async () => {
    const { socket, settled } = begin();
    socket.destroy(new Error('reset'));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(settled()).to.equal(1);
  });
});
