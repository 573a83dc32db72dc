import { expect } from 'chai';
import { AdapterError } from '../../src/protocol/errors';
import type { Draft, Eventually } from '../../src/rooms/adapter';
import { AppendQueue, type AppendTarget } from '../../src/rooms/append-queue';
import { FakeClock } from '../support/fake-clock';
import { settled } from '../support/simulated-broker';
import { WatchedPending } from './support/follower';

interface MadeCall {
  readonly room: string;
  readonly ids: string[];
  answer(): Promise<void>;
  fail(error?: Error): Promise<void>;
}

/** Says when calls are answered. */
class Target implements AppendTarget {
  readonly calls: MadeCall[] = [];
  isAway = false;
  /** Answers within the call. */
  isLocal = false;
  throws = false;
  #offset = 0;

  takes(): boolean {
    return !this.isAway;
  }

  append(room: string, drafts: readonly Draft[]): Eventually<readonly number[]> {
    if (this.throws) throw new AdapterError('thrown', { code: 'BROKER_FAILED' });
    const ids = drafts.map(({ id }) => id);
    const offsets = drafts.map(() => ++this.#offset);
    const call: MadeCall = { room, ids, answer: settled, fail: settled };
    this.calls.push(call);
    if (this.isLocal) return offsets;
    return new Promise((resolve, reject) => {
      call.answer = () => {
        resolve(offsets);
        return settled();
      };
      call.fail = (error = new AdapterError('lost', { code: 'BROKER_TIMEOUT' })) => {
        reject(error);
        return settled();
      };
    });
  }
}

describe('append-queue', () => {
  let clock: FakeClock;
  let target: Target;
  let queue: AppendQueue;

  beforeEach(() => {
    clock = new FakeClock();
    target = new Target();
    queue = new AppendQueue(target, { maxQueued: 600, maxQueuedBytes: 1_000_000, publishTimeout: 10_000 });
  });

  afterEach(() => clock.giveBack());

  function add(id: string, room = 'room', bytes = 10): WatchedPending {
    const pending = new WatchedPending(room, { id, at: Date.now(), data: id }, bytes);
    expect(queue.add(pending)).to.equal(undefined);
    return pending;
  }

  function codeOf({ outcomes: [outcome] }: WatchedPending): string {
    return (outcome as AdapterError).code;
  }

  it('is done within the call where the adapter is', () => {
    target.isLocal = true;
    expect(add('a').outcomes).to.deep.equal([1]);
    expect([queue.size, clock.timers]).to.deep.equal([0, 0]);
  });

  it('makes one call at a time of a room, with what has come meanwhile', async () => {
    const all = ['a', 'b', 'c'].map((id) => add(id));
    add('x', 'other');
    expect(target.calls.map(({ ids }) => ids)).to.deep.equal([['a'], ['x']]);
    await target.calls[0]!.answer();
    expect(target.calls[2]!.ids).to.deep.equal(['b', 'c']);
    await target.calls[2]!.answer();
    await target.calls[1]!.answer();
    expect(all.map(({ outcomes }) => outcomes.length)).to.deep.equal([1, 1, 1]);
    expect([queue.size, clock.timers]).to.deep.equal([0, 0]);
  });

  it('has at most 256 drafts, or 256 KiB, in a call, and at least one', async () => {
    target.isAway = true;
    for (let count = 0; count < 300; count++) add(`${count}`);
    for (const id of ['big', 'bigger']) add(id, 'other', 200_000);
    target.isAway = false;
    queue.resume();
    expect(target.calls.map(({ ids }) => ids.length)).to.deep.equal([256, 1]);
    await target.calls[0]!.answer();
    expect(target.calls[2]!.ids).to.have.length(44);
  });

  it('makes a call again that failed, when it is told to, and not before', async () => {
    const a = add('a');
    const b = add('b');
    target.isAway = true;
    await target.calls[0]!.fail();
    queue.resume();
    expect(target.calls).to.have.length(1);
    target.isAway = false;
    queue.resumeFor('room');
    expect(target.calls[1]!.ids).to.deep.equal(['a', 'b']);
    queue.resume();
    queue.resumeFor('room');
    expect(target.calls).to.have.length(2);
    await target.calls[1]!.answer();
    expect([a.outcomes, b.outcomes]).to.deep.equal([[2], [3]]);
  });

  it('tries again by itself every second, also behind a call that has thrown', async () => {
    target.throws = true;
    const a = add('a');
    target.throws = false;
    clock.pass(1000);
    await target.calls[0]!.answer();
    expect(a.outcomes).to.deep.equal([1]);
    expect(clock.timers).to.equal(0);
  });

  it('refuses what is too much, counting also what is on its way into many rooms', () => {
    for (let count = 0; count < 600; count++) add(`${count}`, `room ${count}`);
    const refusal = queue.add(new WatchedPending('new', { id: 'x', at: 0, data: '' }));
    expect(refusal).to.be.instanceOf(AdapterError);
    expect(refusal!.code).to.equal('QUEUE_FULL');
    expect(refusal!.message).to.contain('600 wait').and.to.contain('maxQueued: 600');
  });

  it('refuses too many bytes, but not the only one', () => {
    target.isAway = true;
    add('big', 'room', 2_000_000);
    const refusal = queue.add(new WatchedPending('other', { id: 'x', at: 0, data: '' }));
    expect(refusal!.message).to.contain('maxQueuedBytes: 1000000');
  });

  it('gives up what waits too long, and says whether it may have arrived', async () => {
    const sent = add('sent');
    target.isAway = true;
    const unsent = add('unsent');
    clock.pass(9000);
    const later = add('later');
    clock.pass(2000);
    expect([codeOf(sent), codeOf(unsent)]).to.deep.equal(['UNCONFIRMED', 'UNAVAILABLE']);
    expect((sent.outcomes[0] as Error).message).to.contain('within 10 s (option publishTimeout); whether');
    expect((unsent.outcomes[0] as Error).message).to.contain('it has not arrived');
    expect(later.outcomes).to.deep.equal([]);
    expect(queue.size).to.equal(1);
  });

  it('makes no second call of a room while one is under way whose drafts were all given up', async () => {
    const a = add('a');
    clock.pass(11_000);
    expect([codeOf(a), clock.timers]).to.deep.equal(['UNCONFIRMED', 0]);
    const b = add('b');
    expect(target.calls).to.have.length(1);
    await target.calls[0]!.answer();
    expect(a.outcomes).to.have.length(1);
    expect(target.calls[1]!.ids).to.deep.equal(['b']);
    await target.calls[1]!.answer();
    expect(b.outcomes).to.deep.equal([2]);
  });

  it('tells each draft its own offset where the first of a call were given up', async () => {
    target.isAway = true;
    const first = add('first');
    clock.pass(5000);
    const second = add('second');
    target.isAway = false;
    queue.resume();
    clock.pass(5000);
    expect(codeOf(first)).to.equal('UNCONFIRMED');
    await target.calls[0]!.answer();
    expect(second.outcomes).to.deep.equal([2]);
    expect(target.calls).to.have.length(1);
  });

  it('does not look at the wall clock, which may be set', () => {
    target.isAway = true;
    const a = add('a');
    clock.wallClock += 1_000_000;
    clock.pass(2000);
    expect(a.outcomes).to.deep.equal([]);
    clock.wallClock -= 2_000_000;
    clock.pass(9000);
    expect(codeOf(a)).to.equal('UNAVAILABLE');
  });

  it('does not send what is too late behind a pause of the process: its id may be forgotten', async () => {
    const a = add('a');
    target.isAway = true;
    await target.calls[0]!.fail();
    clock.stall(200_000);
    target.isAway = false;
    queue.resume();
    expect(target.calls).to.have.length(1);
    expect(codeOf(a)).to.equal('UNCONFIRMED');
  });

  it('gives up everything when it is closed, and takes nothing more, also of who is told so', async () => {
    const a = add('a');
    const b = add('b');
    queue.close('These rooms were closed');
    expect([codeOf(a), codeOf(b)]).to.deep.equal(['UNCONFIRMED', 'UNAVAILABLE']);
    expect((b.outcomes[0] as Error).message).to.equal('These rooms were closed; it has not arrived');
    const refusal = queue.add(new WatchedPending('room', { id: 'c', at: 0, data: '' }));
    expect(refusal!.code).to.equal('UNAVAILABLE');
    await target.calls[0]!.answer();
    expect(target.calls).to.have.length(1);
    expect([queue.size, clock.timers]).to.deep.equal([0, 0]);
  });

  it('goes on where a publisher throws, and tells the others', async () => {
    const { error: real } = console;
    const mistakes: unknown[] = [];
    console.error = (mistake: unknown) => mistakes.push(mistake);
    try {
      add('first');
      const bad = add('bad');
      const good = add('good');
      bad.onAppended = () => {
        throw new Error('mistake');
      };
      await target.calls[0]!.answer();
      await target.calls[1]!.answer();
      expect(good.outcomes).to.deep.equal([3]);
      expect([mistakes.length, queue.size, target.calls.length]).to.deep.equal([1, 0, 2]);
    } finally {
      console.error = real;
    }
  });

  it('keeps the order where who hears that something is appended says the next thing', async () => {
    const a = add('a');
    add('b');
    a.onAppended = () => add('c');
    await target.calls[0]!.answer();
    expect(target.calls[1]!.ids).to.deep.equal(['b', 'c']);
  });

  it('gives up what the adapter does not want, and nothing else, in order', async () => {
    const first = add('first');
    const others = ['small', 'too large', 'last'].map((id) => add(id));
    await target.calls[0]!.answer();
    await target.calls[1]!.fail(new RangeError('4 MB are too large'));
    expect(target.calls[2]!.ids, 'each alone, to find out which').to.deep.equal(['small']);
    await target.calls[2]!.answer();
    await target.calls[3]!.fail(new RangeError('4 MB are too large'));
    await target.calls[4]!.answer();
    expect(target.calls.map(({ ids }) => ids).slice(3)).to.deep.equal([['too large'], ['last']]);
    expect([first, ...others].map(({ outcomes }) => typeof outcomes[0])).to.deep.equal([
      'number',
      'number',
      'object',
      'number',
    ]);
    expect(codeOf(others[1]!)).to.equal('REFUSED');
    expect((others[1]!.outcomes[0] as Error).message).to.equal('The adapter refused the message: 4 MB are too large');
    add('later');
    add('and later');
    await target.calls[5]!.answer();
    expect(queue.size).to.equal(1);
  });

  it('shows what waits for a room', () => {
    const a = add('a');
    const b = add('b');
    expect(queue.waitingFor('room')).to.deep.equal([a, b]);
    expect(queue.waitingFor('other')).to.deep.equal([]);
  });
});
