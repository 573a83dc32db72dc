import { expect } from 'chai';
import { Messages } from '../../../src/cli/bench/messages';

const text = { message: undefined, size: 32, binary: false };

describe('the messages of a benchmark', () => {
  it('have the size that was asked for, as text and as bytes', () => {
    for (const size of [1, 2, 3, 32, 100_000]) {
      expect(new Messages({ ...text, size }).at(7))
        .to.be.a('string')
        .with.length(size);
      expect(new Messages({ ...text, size, binary: true }).at(7))
        .to.be.an.instanceOf(Buffer)
        .with.length(size);
    }
  });

  it('are all different, until the first comes again', () => {
    for (const size of [1, 2, 32]) {
      const messages = new Messages({ ...text, size });
      const all = new Set(Array.from({ length: messages.count }, (_, sequence) => messages.at(sequence)));
      expect(all.size).to.equal(messages.count);
      expect(messages.at(messages.count)).to.equal(messages.at(0));
    }
  });

  it('take no more than 16 MiB together, whatever their size', () => {
    expect(new Messages({ ...text, size: 32 }).count).to.equal(1024);
    expect(new Messages({ ...text, size: 1024 ** 2, binary: true }).count).to.equal(16);
    expect(new Messages({ ...text, size: 64 * 1024 ** 2, binary: true }).count).to.equal(2);
  });

  it('are known by their number', () => {
    for (const binary of [false, true]) {
      const messages = new Messages({ ...text, binary });
      for (const number of [0, 35, 36, 1023]) expect(messages.numberOf(messages.at(number))).to.equal(number);
    }
  });

  it('are not known when a byte, the length or the type is another', () => {
    const messages = new Messages(text);
    const message = messages.at(5) as string;
    for (const wrong of [`${message}x`, message.slice(1), message.replace('z', 'Z'), '', 'zz', Buffer.from(message)]) {
      expect(messages.numberOf(wrong), String(wrong)).to.equal(undefined);
      expect(messages.isAt(5, wrong), String(wrong)).to.equal(false);
    }
    expect(new Messages({ ...text, binary: true }).isAt(5, message)).to.equal(false);
  });

  it('may be one that was given', () => {
    const messages = new Messages({ message: 'ä', size: 2, binary: false });
    expect([messages.count, messages.at(3), messages.numberOf('ä'), messages.numberOf('a')]).to.deep.equal([
      1,
      'ä',
      0,
      undefined,
    ]);
  });
});
