import { expect } from 'chai';
import { Sampler } from '../../src/dashboard/sampler';
import { FakeClock } from '../support/fake-clock';
import { metricsWith } from './support/metrics';

const state = { loopDelay: [0.12345, 1, 2], loopBusy: 0.5, cpu: 0.25, rss: 3, heap: 2, external: 1 } as const;

describe('dashboard sampler', () => {
  let clock: FakeClock;
  let sampler: Sampler;
  beforeEach(() => {
    clock = new FakeClock();
    sampler = new Sampler();
  });
  afterEach(() => clock.giveBack());

  it('has nothing to say of the first metrics: there is nothing to compare with', () => {
    expect(sampler.take(metricsWith(), state)).to.equal(undefined);
  });

  it('tells what counters have gained, by the seconds that it took', () => {
    sampler.take(metricsWith({ messages: { received: 10, sent: 0 }, connections: { opened: 4 } }), state);
    clock.pass(2_000);
    const sample = sampler.take(
      metricsWith({
        at: 7,
        connections: { open: 3, opened: 9, closed: { 1000: 5, 1006: 1 } },
        messages: { received: 110, sent: 1 },
        bytes: { received: 4_000, sent: 1_000 },
        rooms: { rooms: 2, members: 5, published: 6, delivered: 30, dropped: 1 },
        handlers: { errors: 2 },
        buffered: 70,
        incomplete: 8,
      }),
      state,
    );
    expect(sample).to.deep.include({
      at: 7,
      connections: 3,
      opened: 2.5,
      closed: 3,
      received: 50,
      sent: 0.5,
      receivedBytes: 2_000,
      sentBytes: 500,
      rooms: 2,
      members: 5,
      published: 3,
      delivered: 15,
      dropped: 0.5,
      handlerErrors: 2,
      buffered: 70,
      incomplete: 8,
      closedBy: { 1000: 5, 1006: 1 },
      loopDelay: [0.123, 1, 2],
      loopBusy: 0.5,
      rss: 3,
    });
  });

  it('tells of codes only those that have come since', () => {
    const at = (refused: number, limited: number, failed: number) =>
      metricsWith({
        handshakes: { refused: { HTTP_401: refused, FOREIGN_ORIGIN: 3 } },
        limited: { MESSAGE_RATE: limited },
        connections: { failed: { SLOW_CONSUMER: failed } },
      });
    sampler.take(at(1, 0, 2), state);
    clock.pass(1_000);
    expect(sampler.take(at(4, 2, 2), state)).to.deep.include({
      refusedBy: { HTTP_401: 3 },
      limitedBy: { MESSAGE_RATE: 2 },
      failedBy: {},
    });
  });

  it('takes a counter that is lower than before for one that began anew', () => {
    sampler.take(metricsWith({ messages: { received: 1_000, sent: 0 }, limited: { BYTE_RATE: 9 } }), state);
    clock.pass(1_000);
    const sample = sampler.take(metricsWith({ messages: { received: 3, sent: 0 }, limited: { BYTE_RATE: 1 } }), state);
    expect(sample).to.deep.include({ received: 3, limitedBy: { BYTE_RATE: 1 } });
  });

  it('tells how long the handshakes of this time took, in milliseconds', () => {
    const at = (...counts: number[]) => {
      const buckets = counts.map((count, index) => ({ le: 0.01 * 2 ** index, count }));
      return metricsWith({ handshakes: { duration: { buckets, count: counts.at(-1)!, sum: 0 } } });
    };
    sampler.take(at(100, 100, 100), state);
    clock.pass(1_000);
    // Of 100 more 50 took up to 10 ms, 40 up to 20 ms, and 10 up to 40 ms.
    expect(sampler.take(at(150, 190, 200), state)?.handshake).to.deep.equal([10, 30, 38]);
    clock.pass(1_000);
    expect(sampler.take(at(150, 190, 200), state)?.handshake).to.equal(null);
    clock.pass(1_000);
    expect(sampler.take(at(0, 0, 2), state)?.handshake, 'began anew').to.deep.equal([30, 39, 39.8]);
  });

  it('has handshakes beyond the last bound lie at it', () => {
    sampler.take(metricsWith(), state);
    clock.pass(1_000);
    const duration = { buckets: [{ le: 10, count: 0 }], count: 4, sum: 80 };
    expect(sampler.take(metricsWith({ handshakes: { duration } }), state)?.handshake).to.deep.equal([
      10_000, 10_000, 10_000,
    ]);
  });
});
