import { expect } from 'chai';
import { maxPendingPings, PendingPings } from '../../src/connection/pending-pings';

const bytes = (text: string) => Buffer.from(text);

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const still = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(still)])) === still;
}

describe('PendingPings', () => {
  it('resolves with the milliseconds that it took', async () => {
    const pings = new PendingPings();
    const answered = pings.add(bytes('a'));
    pings.answer(bytes('a'));
    expect(await answered).to.be.within(0, 1000);
  });

  it('takes the answer to a later ping for the earlier ones, too', async () => {
    const pings = new PendingPings();
    const first = pings.add(bytes('1'));
    const second = pings.add(bytes('2'));
    const third = pings.add(bytes('3'));
    pings.answer(bytes('2'));
    expect(await Promise.all([first, second])).to.have.length(2);
    expect(await isPending(third)).to.equal(true);
  });

  it('ignores a pong that answers nothing', async () => {
    const pings = new PendingPings();
    const answered = pings.add(bytes('a'));
    pings.answer(bytes('b'));
    pings.answer(bytes(''));
    expect(await isPending(answered)).to.equal(true);
  });

  it('rejects all when none can come any more', async () => {
    const pings = new PendingPings();
    const all = [pings.add(bytes('a')), pings.add(bytes('b'))];
    pings.reject(() => new Error('closed'));
    const results = await Promise.allSettled(all);
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
  });

  it('causes no unhandled rejection for who does not wait', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const pings = new PendingPings();
    void pings.add(bytes('a'));
    pings.reject(() => new Error('closed'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listen);
    expect(unhandled).to.deep.equal([]);
  });

  it('is full with a thousand, until one is answered', async () => {
    const pings = new PendingPings();
    const all = Array.from({ length: maxPendingPings }, (_, index) => {
      expect(pings.isFull).to.equal(false);
      return pings.add(bytes(String(index)));
    });
    expect(pings.isFull).to.equal(true);
    pings.answer(bytes('0'));
    expect(pings.isFull).to.equal(false);
    pings.answer(bytes(String(maxPendingPings - 1)));
    expect(await Promise.all(all)).to.have.length(1000);
  });
});
