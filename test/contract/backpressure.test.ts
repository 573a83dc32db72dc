import { once } from 'node:events';
import { expect } from 'chai';
import { ConnectionClosedError, PolicyError } from '../../src/protocol/errors';
import { heldBytes } from '../support/collect-garbage';
import { describeContract } from './support/contract';

const message = Buffer.alloc(100_000, 7);

describeContract('contract: backpressure', (contract) => {
  for (const from of ['client', 'server'] as const) {
    const to = from === 'client' ? 'server' : 'client';
    const unlimited = { maxBufferedAmount: 2 ** 30 };
    const fromUnlimited = { [from]: unlimited };

    describe(`of what the ${from} sends`, () => {
      it('send() is false, nothing is lost, drain comes, and bufferedAmount is 0 in the end', async () => {
        const ends = await contract.pair(fromUnlimited);
        ends[to].pause();
        let drains = 0;
        ends[from].on('drain', () => drains++);
        let sent = 0;
        let answer = true;
        // More than any transport keeps for itself.
        while (ends[from].bufferedAmount < 8_000_000) {
          answer = ends[from].send(message);
          sent++;
          if (sent % 8 === 0) await new Promise((done) => setImmediate(done));
        }
        expect(answer).to.equal(false);
        const drained = ends[from].drained();
        // Some transports take a lot at first.
        const drainsBefore = drains;
        let written = false;
        ends[from].send('the last one', () => (written = true));

        const received: unknown[] = [];
        const last = new Promise<void>((done) => {
          ends[to].on('message', (data) => {
            if (typeof data === 'string') done();
            else received.push(message.equals(data));
          });
        });
        ends[to].resume();
        await Promise.all([last, drained]);
        expect(received).to.deep.equal(Array(sent).fill(true));
        if (!written) await ends[from].ping();
        expect(written).to.equal(true);
        expect(drains - drainsBefore).to.equal(1);
        expect(ends[from].bufferedAmount).to.equal(0);
        expect(ends[from].send('and on')).to.equal(true);
      });

      it('a sender that waits for drained() holds no more than the watermark and one message', async () => {
        const ends = await contract.pair();
        let received = 0;
        const all = new Promise<void>((done) => {
          ends[to].on('message', () => ++received === 200 && done());
        });
        let most = 0;
        for (let i = 0; i < 200; i++) {
          if (!ends[from].send(message)) await ends[from].drained();
          most = Math.max(most, ends[from].bufferedAmount);
        }
        expect(most).to.be.lessThan(64 * 1024 + 1.1 * message.length);
        await all;
      });

      it('a slow consumer is closed with 1008, and what is kept for it is bounded', async () => {
        const limit = 500_000;
        const ends = await contract.pair({ [from]: { maxBufferedAmount: limit, closeTimeout: 50 } });
        ends[to].pause();
        const before = heldBytes();
        const refused: unknown[] = [];
        let told = 0;
        let most = 0;
        let sent = 0;
        while (ends[from].readyState === ends[from].OPEN) {
          expect(++sent).to.be.lessThan(5000);
          ends[from].send(Buffer.from(message), (error) => {
            told++;
            if (error) refused.push(error);
          });
          most = Math.max(most, ends[from].bufferedAmount);
          if (sent % 4 === 0) await new Promise((done) => setImmediate(done));
        }
        expect(most).to.be.lessThan(limit + 1.1 * message.length);
        const closure = await ends[from].closed;
        expect(closure).to.include({ code: 1008, initiator: 'local' });
        expect(closure.cause).to.be.instanceOf(PolicyError).with.property('code', 'SLOW_CONSUMER');
        // A stream of HTTP/2 tells of what it has dropped behind its end.
        while (told < sent || ends[from].bufferedAmount > 0) await new Promise((done) => setImmediate(done));
        expect(refused).not.to.deep.equal([]);
        // What the other end has in its own buffers is of the same process.
        expect(heldBytes() - before).to.be.lessThan(3 * limit);
      });

      it('drained() rejects when the connection ends before', async () => {
        const ends = await contract.pair(fromUnlimited);
        ends[to].pause();
        for (let i = 0; i < 200; i++) ends[from].send(message);
        const drained = ends[from].drained();
        ends[from].terminate();
        expect(await drained.catch((error) => error)).to.be.instanceOf(ConnectionClosedError);
      });

      it('who waits for a peer that leaves does not wait for ever', async () => {
        const ends = await contract.pair(fromUnlimited);
        ends[to].pause();
        for (let i = 0; i < 200; i++) ends[from].send(message);
        const drained = ends[from].drained().catch((error) => error);
        ends[to].terminate();
        expect(await ends[from].closed).to.include({ code: 1006, initiator: 'remote' });
        // Written to where nobody reads, or not written.
        expect(await drained).to.satisfy(
          (error: unknown) => error === undefined || error instanceof ConnectionClosedError,
        );
        await new Promise((done) => setImmediate(done));
        expect(ends[from].bufferedAmount).to.equal(0);
      });
    });

    describe(`of what the ${to} receives`, () => {
      it('pause() holds messages, pings and the close; resume() brings them in order', async () => {
        const ends = await contract.pair();
        const log: unknown[] = [];
        ends[to].on('message', (data) => log.push(data));
        ends[to].on('ping', (data) => log.push(`ping ${data}`));
        ends[to].on('close', (code) => log.push(code));
        ends[from].send('one');
        await once(ends[to], 'message');
        ends[to].pause();
        expect(ends[to].isPaused).to.equal(true);
        ends[from].send('two');
        void ends[from].ping('hello').catch(() => {});
        ends[from].send('three');
        ends[from].close(1000);
        // The other direction goes on: so long it would have taken.
        for (let i = 0; i < 3; i++) ends[to].send(`${i}`);
        expect(await ends[from].receive()).to.equal('0');
        await new Promise((done) => setTimeout(done, 20));
        expect(log).to.deep.equal(['one']);
        ends[to].resume();
        await ends[to].closed;
        await new Promise((done) => setImmediate(done));
        expect(log).to.deep.equal(['one', 'two', 'ping hello', 'three', 1000]);
      });

      it('messages that nobody takes wait at the sender, and all of them come', async () => {
        const ends = await contract.pair({
          [from]: { maxBufferedAmount: 2 ** 30 },
        });
        const count = 300;
        for (let i = 0; i < count; i++) ends[from].send(message);
        await new Promise((done) => setTimeout(done, 20));
        expect(ends[from].bufferedAmount).to.be.greaterThan(8_000_000);
        let received = 0;
        for await (const data of ends[to].messages()) {
          expect(data.length).to.equal(message.length);
          if (++received === count) break;
        }
        await ends[from].drained();
        await new Promise((done) => setImmediate(done));
        expect(ends[from].bufferedAmount).to.equal(0);
      });
    });
  }

  it('both ends may stall at the same time, and go on', async () => {
    const { server, client } = await contract.pair({
      server: { maxBufferedAmount: 2 ** 30 },
      client: { maxBufferedAmount: 2 ** 30 },
    });
    for (const end of [server, client]) end.pause();
    for (let i = 0; i < 150; i++) for (const end of [server, client]) end.send(message);
    await new Promise((done) => setImmediate(done));
    const all = [server, client].map(
      (end) =>
        new Promise<void>((done) => {
          let received = 0;
          end.on('message', () => ++received === 150 && done());
        }),
    );
    for (const end of [server, client]) end.resume();
    await Promise.all(all);
    await Promise.all([server.drained(), client.drained()]);
  });
});
