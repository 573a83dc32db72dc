import { expect } from 'chai';
import { memoryTicketStore } from '../../src/server/ticket-store';
import { FakeClock } from '../support/fake-clock';

describe('memoryTicketStore', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => clock.giveBack());

  it('says of each id once that it is the first', () => {
    const store = memoryTicketStore();
    expect(store.claim('a', 1000)).to.equal(true);
    expect(store.claim('b', 1000)).to.equal(true);
    expect(store.claim('a', 1000)).to.equal(false);
    clock.pass(999);
    expect(store.claim('a', 1000)).to.equal(false);
  });

  it('forgets what is over, behind what is not as well, in time', () => {
    const store = memoryTicketStore();
    store.claim('long', 1000);
    store.claim('short', 10);
    clock.pass(500);
    expect(store.claim('short', 10)).to.equal(false);
    clock.pass(500);
    expect(store.claim('long', 10)).to.equal(true);
    expect(store.claim('short', 10)).to.equal(true);
  });
});
