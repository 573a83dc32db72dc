import { expect } from 'chai';
import { Inbox } from '../../src/connection/inbox';
import { collectGarbage } from '../support/collect-garbage';

describe('Inbox', () => {
  it('gives messages in the order they came, empty ones too', () => {
    const inbox = new Inbox();
    for (const message of ['a', '', 'c', Buffer.alloc(0)]) inbox.put(message);
    expect([inbox.take(), inbox.take(), inbox.take()]).to.deep.equal(['a', '', 'c']);
    expect(inbox.take()).to.have.length(0);
    expect(inbox.take()).to.equal(undefined);
    expect(inbox.isEmpty).to.equal(true);
  });

  it('keeps the order over thousands of puts and takes', () => {
    const inbox = new Inbox();
    const taken: unknown[] = [];
    for (let i = 0; i < 5000; i++) {
      inbox.put(String(i));
      // It always has a few, so that the front moves on without ever being empty.
      if (i >= 3) taken.push(inbox.take());
    }
    while (!inbox.isEmpty) taken.push(inbox.take());
    expect(taken).to.deep.equal(Array.from({ length: 5000 }, (_, i) => String(i)));
  });

  it('is full at 64 KiB, and not when one is taken', () => {
    const inbox = new Inbox();
    inbox.put(Buffer.alloc(40_000));
    expect(inbox.isFull).to.equal(false);
    inbox.put('x'.repeat(40_000));
    expect(inbox.isFull).to.equal(true);
    inbox.take();
    expect(inbox.isFull).to.equal(false);
  });

  it('counts what an empty message costs', () => {
    const inbox = new Inbox();
    let count = 0;
    for (; !inbox.isFull; count++) inbox.put('');
    expect(count).to.be.within(100, 4096);
  });

  it('lets go of a message that was taken, while others wait', async () => {
    const inbox = new Inbox();
    let message: Buffer | null = Buffer.alloc(1000);
    const weak = new WeakRef(message);
    inbox.put(message);
    inbox.put('next');
    message = null;
    inbox.take();
    // A WeakRef keeps its target to the end of the job.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(weak.deref()).to.equal(undefined);
    expect(inbox.take()).to.equal('next');
  });

  it('gives a message to who has waited longest', async () => {
    const inbox = new Inbox();
    const first = inbox.wait(undefined);
    const second = inbox.wait(undefined);
    expect(inbox.isAwaited).to.equal(true);
    inbox.put('a');
    inbox.put('b');
    inbox.put('c');
    expect(await Promise.all([first, second])).to.deep.equal(['a', 'b']);
    expect(inbox.isAwaited).to.equal(false);
    expect(inbox.take()).to.equal('c');
  });

  it('gives null when time is up, and the next message to who still waits', async () => {
    const inbox = new Inbox();
    const short = inbox.wait(1);
    const long = inbox.wait(undefined);
    expect(await short).to.equal(null);
    inbox.put('a');
    expect(await long).to.equal('a');
    expect(inbox.isEmpty).to.equal(true);
  });

  it('tells all who wait that nothing will come', async () => {
    const inbox = new Inbox();
    const waiting = [inbox.wait(undefined), inbox.wait(60_000)];
    inbox.rejectWaiters(() => new Error('closed'));
    const results = await Promise.allSettled(waiting);
    expect(results.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(inbox.isAwaited).to.equal(false);
  });

  it('forgets everything when cleared, also what it counted', () => {
    const inbox = new Inbox();
    inbox.put(Buffer.alloc(100_000));
    inbox.clear();
    expect(inbox.isEmpty).to.equal(true);
    expect(inbox.isFull).to.equal(false);
    expect(inbox.take()).to.equal(undefined);
  });
});
