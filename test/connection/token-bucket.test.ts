import { expect } from 'chai';
import { type ResolvedRate, resolveRate, TokenBucket } from '../../src/connection/token-bucket';
import { InvalidOptionError } from '../../src/protocol/errors';
import { FakeClock } from '../support/fake-clock';

describe('TokenBucket', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => clock.giveBack());

  const limit: ResolvedRate = { rate: 10, burst: 20 };

  it('has its burst at once, and then what time brings', () => {
    const bucket = new TokenBucket(limit);
    expect(bucket.take(25)).to.equal(20);
    expect(bucket.take(1)).to.equal(0);
    clock.pass(250);
    expect(bucket.take(5)).to.equal(2);
    // The half that was left counts.
    clock.pass(50);
    expect(bucket.take(5)).to.equal(1);
  });

  it('never has more than its burst', () => {
    const bucket = new TokenBucket(limit);
    clock.pass(3_600_000);
    expect(bucket.take(1000)).to.equal(20);
  });

  it('lets so much pass in the long run as its rate says, in whatever steps it is asked', () => {
    const bucket = new TokenBucket(limit);
    let passed = 0;
    for (let step = 0; step < 10_000; step++) {
      clock.pass((step * 7) % 13);
      passed += bucket.take(1 + (step % 3));
    }
    expect(passed).to.be.within(20 + (clock.now() - 1000) / 100 - 20, 20 + (clock.now() - 1000) / 100);
  });

  it('can be owed, and says how long until it is paid', () => {
    const bucket = new TokenBucket(limit);
    bucket.owe(30);
    expect(bucket.take(1)).to.equal(0);
    expect(bucket.until(0)).to.equal(1000);
    expect(bucket.until(1)).to.equal(1100);
    clock.pass(1000);
    expect(bucket.until(0)).to.equal(0);
  });

  it('counts the time in full in which nothing could come, whatever the burst', () => {
    const bucket = new TokenBucket(limit);
    bucket.take(20);
    bucket.held = true;
    clock.pass(10_000);
    bucket.held = false;
    // What is above the burst does not grow.
    clock.pass(900);
    expect(bucket.take(1000)).to.equal(100);
    clock.pass(60_000);
    expect(bucket.take(1000)).to.equal(20);
  });

  it('keeps what is above the burst for a second only', () => {
    const bucket = new TokenBucket(limit);
    bucket.held = true;
    clock.pass(10_000);
    bucket.held = false;
    clock.pass(1000);
    expect(bucket.take(1000)).to.equal(20);
  });
});

describe('resolveRate', () => {
  it('takes a number for a rate whose burst is a second of it, and at least 1', () => {
    expect(resolveRate('maxX', 50)).to.deep.equal({ rate: 50, burst: 50 });
    expect(resolveRate('maxX', 0.25)).to.deep.equal({ rate: 0.25, burst: 1 });
    expect(resolveRate('maxX', { rate: 3 })).to.deep.equal({ rate: 3, burst: 3 });
    expect(resolveRate('maxX', { rate: 3, burst: 9 })).to.deep.equal({ rate: 3, burst: 9 }).and.to.be.frozen;
  });

  for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', true, null, {}, { rate: '5' }]) {
    it(`refuses ${JSON.stringify(wrong)}, or ${wrong}`, () => {
      const words = "Option 'maxX' must be a number per second above 0, or { rate, burst }, or false for no limit";
      expect(() => resolveRate('maxX', wrong as never)).to.throw(InvalidOptionError, words);
    });
  }

  for (const burst of [0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null]) {
    it(`refuses a burst of ${burst}`, () => {
      expect(() => resolveRate('maxX', { rate: 1, burst: burst as never })).to.throw(
        InvalidOptionError,
        "The burst of option 'maxX' must be a number of at least 1",
      );
    });
  }

  it('refuses a name that nobody knows', () => {
    expect(() => resolveRate('maxX', { rate: 1, bust: 2 } as never))
      .to.throw(InvalidOptionError, "Unknown option 'bust' in option 'maxX'. Did you mean 'burst'?")
      .with.property('code', 'UNKNOWN_OPTION');
  });
});
