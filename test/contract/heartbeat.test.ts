import { once } from 'node:events';
import { expect } from 'chai';
import { ConnectionClosedError, TimeoutError } from '../../src/protocol/errors';
import { Opcode } from '../../src/protocol/opcode';
import { useFakeClock } from '../../src/testing/fake-clock';
import { describeContract } from './support/contract';

describeContract('contract: heartbeat', (contract) => {
  for (const from of ['client', 'server'] as const) {
    const to = from === 'client' ? 'server' : 'client';

    describe(`of the ${from}`, () => {
      it('ping() resolves with the milliseconds until its pong', async () => {
        const ends = await contract.pair();
        const pinged = once(ends[to], 'ping');
        const began = performance.now();
        const latency = await ends[from].ping('payload');
        expect(latency).to.be.within(0, performance.now() - began + 1);
        expect((await pinged).map(String)).to.deep.equal(['payload']);
      });

      it('a hundred pings at once get a pong each, or that of a later one', async () => {
        const ends = await contract.pair();
        const latencies = await Promise.all(Array.from({ length: 100 }, () => ends[from].ping()));
        expect(latencies).to.have.length(100);
        for (const latency of latencies) expect(latency).to.be.within(0, 5000);
      });

      it('ping() rejects when the connection ends before', async () => {
        const ends = await contract.pair();
        ends[to].pause();
        const pinged = ends[from].ping();
        ends[to].terminate();
        expect(await pinged.catch((error) => error)).to.be.instanceOf(ConnectionClosedError);
      });

      it('a pong that nobody asked for is taken', async () => {
        const ends = await contract.pair();
        const heard = once(ends[to], 'pong');
        ends[from].pong('I am here');
        expect((await heard).map(String)).to.deep.equal(['I am here']);
      });

      it('pings, and keeps who answers', async () => {
        const ends = await contract.pair({ [from]: { pingInterval: 10, pongTimeout: 5000 } });
        for (let i = 0; i < 5; i++) await once(ends[to], 'ping');
        for (let i = 0; i < 2; i++) await once(ends[from], 'pong');
        expect(ends[from].readyState).to.equal(ends[from].OPEN);
      });

      it('cuts who does not answer, with 1006 and the cause PONG_TIMEOUT', async () => {
        const ends = await contract.pair({ [from]: { pingInterval: 20, pongTimeout: 100 } });
        ends[to].pause();
        const closure = await ends[from].closed;
        expect(closure).to.include({ code: 1006, initiator: 'local' });
        expect(closure.cause).to.be.instanceOf(TimeoutError).with.property('code', 'PONG_TIMEOUT');
        ends[to].resume();
        expect(await ends[to].closed).to.include({ code: 1006, initiator: 'remote' });
      });

      it('does not cut who is paused here, and so cannot be heard', async () => {
        using clock = useFakeClock();
        const ends = await contract.pair({ [from]: { pingInterval: 10_000, pongTimeout: 10_000 } });
        ends[from].pause();
        await clock.pass(120_000);
        expect(ends[from].readyState).to.equal(ends[from].OPEN);
        ends[from].resume();
        await ends[from].ping();
      });
    });
  }

  it('pings of a peer are answered with what they carried, in order', async () => {
    const { peer } = await contract.withRawPeer();
    for (const payload of ['', 'x', 'y'.repeat(125)]) {
      peer.send(Opcode.Ping, payload);
      await peer.until(() => String(peer.frames.at(-1)?.payload) === payload);
      expect(peer.frames.at(-1)?.opcode).to.equal(Opcode.Pong);
    }
  });

  it('a flood of pings is answered as far as it has to be: the last one always', async () => {
    const { server, peer } = await contract.withRawPeer({ maxPendingPongs: 4, maxControlFramesPerSecond: false });
    for (let i = 0; i < 20_000; i++) peer.send(Opcode.Ping, `${i}`);
    await peer.until(() => String(peer.frames.at(-1)?.payload) === '19999');
    expect(server.readyState).to.equal(server.OPEN);
    const answered = peer.frames.map(({ payload }) => Number(payload));
    expect(answered).to.deep.equal([...answered].sort((one, other) => one - other));
  });

  it('a flood of pings that is not allowed ends the connection, and its transport, though it goes on', async () => {
    const { server, peer } = await contract.withRawPeer({ maxControlFramesPerSecond: 10, closeTimeout: 500 });
    server.on('error', () => {});
    for (let i = 0; i < 2000; i++) peer.send(Opcode.Ping, `${i}`);
    expect((await server.closed).cause).to.have.property('code', 'CONTROL_RATE');
    expect(peer.frames.filter(({ opcode }) => opcode === Opcode.Pong).length).to.be.at.most(16);
  });

  it('a raw peer that never answers gets pings, and then the end', async () => {
    const { server, peer } = await contract.withRawPeer({ pingInterval: 20, pongTimeout: 100 });
    expect((await peer.frame(0)).opcode).to.equal(Opcode.Ping);
    const closure = await server.closed;
    expect(closure.cause).to.have.property('code', 'PONG_TIMEOUT');
    await peer.until(() => peer.closed);
    for (const { opcode } of peer.frames) expect(opcode).to.equal(Opcode.Ping);
  });
});
