import { setImmediate as immediate } from 'node:timers/promises';
import { expect } from 'chai';
import { afterFlush, flushAtEndOfIteration } from '../../src/connection/flush-queue';

describe('flush queue', () => {
  it('flushes all at once, in order, behind promises and ticks', async () => {
    const log: string[] = [];
    flushAtEndOfIteration({ flush: () => log.push('first') });
    flushAtEndOfIteration({ flush: () => log.push('second') });
    process.nextTick(() => log.push('tick'));
    void Promise.resolve().then(() => log.push('promise'));
    await immediate();
    expect(log.slice(0, 2).sort()).to.deep.equal(['promise', 'tick']);
    expect(log.slice(2)).to.deep.equal(['first', 'second']);
  });

  it('calls back after everything has been flushed', async () => {
    const log: string[] = [];
    afterFlush(() => log.push('after'));
    flushAtEndOfIteration({ flush: () => log.push('flush') });
    await immediate();
    expect(log).to.deep.equal(['flush', 'after']);
  });

  it('leaves what a flush asks for to the next iteration', async () => {
    const log: string[] = [];
    const again = { flush: () => log.push('again') };
    flushAtEndOfIteration({
      flush: () => {
        log.push('once');
        flushAtEndOfIteration(again);
      },
    });
    await immediate();
    expect(log).to.deep.equal(['once']);
    await immediate();
    expect(log).to.deep.equal(['once', 'again']);
  });
});
