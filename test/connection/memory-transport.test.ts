import { once } from 'node:events';
import { expect } from 'chai';
import { createTransportPair } from '../support/memory-transport';
import { iteration } from '../support/recording-transport';

describe('createTransportPair', () => {
  it('carries bytes both ways', async () => {
    const [one, other] = createTransportPair();
    one.write('ping');
    expect(String((await once(other, 'data'))[0])).to.equal('ping');
    other.write('pong');
    expect(String((await once(one, 'data'))[0])).to.equal('pong');
  });

  it('gives the other end bytes of its own', async () => {
    const [one, other] = createTransportPair();
    const sent = Buffer.from('abc');
    one.write(sent);
    const [received] = (await once(other, 'data')) as [Buffer];
    received.fill(0);
    expect(sent.toString()).to.equal('abc');
  });

  it('holds the writer up while the reader does not read, and loses nothing', async () => {
    const [one, other] = createTransportPair();
    let total = 0;
    while (total < 1024 * 1024 && !one.writableNeedDrain) {
      one.write(Buffer.alloc(8192));
      total += 8192;
    }
    expect(one.writableNeedDrain).to.equal(true);
    let received = 0;
    other.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await once(one, 'drain');
    expect(received).to.equal(total);
  });

  it('ends one direction at a time', async () => {
    const [one, other] = createTransportPair();
    const closed = Promise.all([once(one, 'close'), once(other, 'close')]);
    const answer = once(one, 'data');
    one.end('last');
    other.resume();
    await once(other, 'end');
    other.end('answer');
    expect(String((await answer)[0])).to.equal('answer');
    await closed;
  });

  it('cuts the other end off when one is destroyed', async () => {
    const [one, other] = createTransportPair();
    one.destroy();
    await once(other, 'close');
    expect(other.destroyed).to.equal(true);
  });

  it('lets a held up write go when its own end is destroyed', async () => {
    const [one] = createTransportPair();
    let written = 0;
    for (let i = 0; i < 16; i++) one.write(Buffer.alloc(16 * 1024), () => written++);
    one.destroy();
    await iteration();
    expect(written).to.equal(16);
  });

  it('lets a held up write go when the other end has ended and is gone', async () => {
    const [one, other] = createTransportPair();
    one.resume();
    other.resume();
    other.pause();
    // `other` says that it is done; `one` is still writing to it.
    other.end();
    await once(one, 'end');
    let written = 0;
    for (let i = 0; i < 16; i++) one.write(Buffer.alloc(16 * 1024), () => written++);
    await iteration();
    expect(written).to.be.lessThan(16);
    other.destroy();
    await iteration();
    expect(written).to.equal(16);
  });
});
