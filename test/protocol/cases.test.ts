import { expect } from 'chai';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import type { DecoderLimits } from '../../src/protocol/message-limits';
import type { Role } from '../../src/protocol/role';
import { closing } from './cases/closing';
import { controlFrames } from './cases/control-frames';
import { deflate } from './cases/deflate';
import { fragmentation } from './cases/fragmentation';
import { framing } from './cases/framing';
import { limitsOfMessages } from './cases/limits';
import type { ProtocolCase } from './cases/protocol-case';
import { reserved } from './cases/reserved';
import { utf8 } from './cases/utf8';
import { chunkings } from './support/chunks';
import { encodeAll } from './support/frames';
import { Recorder } from './support/recorder';

const defaults: DecoderLimits = { maxMessageSize: 1024 * 1024, maxFragments: 131_072 };
const roles: readonly Role[] = ['server', 'client'];

/** Both roles, and for each of them the input whole, byte by byte, and split at random. */
function run({ receives, hands, limits, extension }: ProtocolCase): void {
  for (const role of roles) {
    const expected = typeof hands === 'function' ? hands(role) : hands;
    const input = encodeAll(receives, role);
    for (const { name, cut } of chunkings) {
      const recorder = new Recorder();
      const decoder = new MessageDecoder(role, { ...defaults, ...limits }, recorder, extension?.(role) ?? null);
      for (const chunk of cut(input)) decoder.write(chunk);
      expect(recorder.lines, `${role}, ${name}`).to.deep.equal(expected);
    }
  }
}

describe('RFC 6455 and RFC 7692, both roles, whole, byte by byte, and split at random', () => {
  const chapters = [framing, controlFrames, reserved, fragmentation, utf8, closing, limitsOfMessages, deflate];

  it('has at least 150 cases, each with a sentence of its own', () => {
    const sentences = chapters.flatMap(({ cases }) => cases.map(({ says }) => says));
    expect(sentences.length).to.be.at.least(150);
    expect(new Set(sentences).size).to.equal(sentences.length);
  });

  for (const { title, cases } of chapters) {
    describe(title, () => {
      for (const each of cases) it(each.says, () => run(each));
    });
  }
});
