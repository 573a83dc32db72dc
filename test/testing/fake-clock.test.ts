import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { expect } from 'chai';
import express from 'express';
import { InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import { closeAll, connectTo, expectClose, type FakeClock, useFakeClock } from '../../src/testing';
import { testingApp } from './support/testing-app';

describe('useFakeClock', () => {
  let clock: FakeClock;
  let realNow: unknown;
  beforeEach(() => {
    realNow = performance.now;
    clock = useFakeClock();
  });
  afterEach(async () => {
    await closeAll();
    clock.restore();
  });

  it('fires timers when time passes, in order, and shows them their time', async () => {
    const begin = Date.now();
    const fired: unknown[] = [];
    const note = (name: string) => fired.push([name, Date.now() - begin]);
    setTimeout(note, 20, 'b');
    setTimeout(note, 10, 'a');
    const interval = setInterval(note, 15, 'i');
    const cleared = setTimeout(note, 5, 'cleared');
    clearTimeout(cleared);
    await clock.pass(31);
    clearInterval(interval);
    await clock.pass(100);
    expect(fired).to.deep.equal([
      ['a', 10],
      ['i', 15],
      ['b', 20],
      ['i', 30],
    ]);
    expect(clock.pending).to.equal(0);
  });

  it('serves timers that others made, cleared or put off', async () => {
    const fired: string[] = [];
    const late = setTimeout(() => fired.push('late'), 10);
    const never = setTimeout(() => fired.push('never'), 10);
    setTimeout(() => {
      fired.push('first');
      clearTimeout(never);
      late.refresh();
      setTimeout(() => fired.push('made'), 0);
    }, 5);
    await clock.pass(14);
    expect(fired).to.deep.equal(['first', 'made']);
    await clock.pass(1);
    expect(fired).to.deep.equal(['first', 'made', 'late']);
  });

  it('goes on from the time that it finds, with Date and performance.now alike', async () => {
    clock.restore();
    const [wall, monotonic] = [Date.now(), performance.now()];
    clock = useFakeClock();
    expect(Date.now() - wall).to.be.within(0, 1000);
    await clock.pass(5000);
    expect(performance.now() - monotonic).to.be.within(5000, 6000);
    expect(new Date().toISOString()).to.equal(new Date(Date.now()).toISOString());
    expect(new Date(0).getTime()).to.equal(0);
    expect(new Date()).to.be.instanceOf(Date);
    expect(Date()).to.equal(new Date().toString());
    expect(Date.UTC(2000)).to.equal(new Date('2000-01-01').getTime());
  });

  it('gives everything back, and pending timers with it', async () => {
    let fired = 0;
    setTimeout(() => fired++, 60_000);
    const soon = new Promise<void>((resolve) => setTimeout(resolve, 1));
    clock.restore();
    clock.restore();
    await soon;
    expect(fired).to.equal(0);
    const real = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(performance.now()).to.be.above(real);
    expect(performance.now).to.equal(realNow);
  });

  it('is one at a time, and passes numbers only', async () => {
    expect(() => useFakeClock()).to.throw(InvalidStateError, /restore\(\) that clock first/);
    expect(await clock.pass(-1).catch((error) => error)).to.be.instanceOf(InvalidOptionError);
    using _given = clock;
  });

  it('drives the heartbeat: a client that is gone is found out', async () => {
    const { app, board } = testingApp(express);
    const healthy = await connectTo(app, '/echo', { pingInterval: false });
    const gone = await connectTo(app, '/echo', { pingInterval: false });
    const [, server] = board.connections;
    gone.faults.vanish();
    await clock.pass(39_000);
    expect(board.connections.size).to.equal(2);
    await clock.pass(2_000);
    expect((await server!.closed).cause).to.include({ code: 'PONG_TIMEOUT' });
    await clock.pass(3_600_000);
    expect([board.connections.size, healthy.readyState]).to.deep.equal([1, 1]);
  });

  it('drives the deadlines of both handshakes', async () => {
    const { app } = testingApp(express);
    app.use('/never', () => {});
    const refused = connectTo(app, '/never', { handshakeTimeout: 60_000 }).catch((error) => error);
    await clock.pass(10_000);
    expect(await refused).to.include({ status: 503 });
    const socket = await connectTo(app, '/echo');
    socket.faults.stall();
    socket.close();
    await clock.pass(10_000);
    expect((await socket.closed).cause).to.include({ code: 'CLOSE_TIMEOUT' });
  });

  it('leaves node:http its own time', async () => {
    const { app } = testingApp(express);
    app.get('/page', (_request, response) => void response.send('here'));
    const server = http.createServer(app).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/page`);
    expect(await response.text()).to.equal('here');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('the fake clock of node:test, which fakes setImmediate and leaves performance.now', () => {
  beforeEach(() => mock.timers.enable());
  afterEach(async () => {
    await closeAll();
    mock.timers.reset();
  });

  it('holds nothing that is sent, and drives the heartbeat', async () => {
    const { app, board } = testingApp(express);
    const socket = await connectTo(app, '/echo', { pingInterval: false });
    socket.send('x');
    await socket.expectMessage('x');
    let pings = 0;
    socket.on('ping', () => pings++);
    for (let i = 1; i <= 3; i++) {
      mock.timers.tick(31_000);
      await socket.expectNoMessage();
      expect(pings).to.equal(i);
    }
    const [server] = board.connections;
    socket.faults.vanish();
    mock.timers.tick(31_000);
    mock.timers.tick(11_000);
    const { cause } = await expectClose(server!, 1006);
    expect(cause).to.include({ code: 'PONG_TIMEOUT' });
  });
});
