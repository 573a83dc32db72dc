import type { DeflateAgreement } from '../../src/protocol/deflate-negotiation';
import { resolveDeflate } from '../../src/protocol/deflate-options';
import { PerMessageDeflate } from '../../src/protocol/permessage-deflate';
import { bomb, deflatedMessage, repetitive } from '../grammar/deflated';
import { mutate } from '../mutation';
import { inflatedByRule } from '../reference/deflated-message';
import { Script } from '../script';
import { ensure, ensureSame, resultOrRefusal, type Target } from '../target';

/*
 * An input is a byte of choices and messages, each behind its length in two bytes. They come to one end of a connection
 * one after the other, until one fails it.
 *
 *   bit 0     role: server or client
 *   bit 1-2   how large a message may be
 *   bit 3     no context takeover
 *   bit 4-5   window bits of the sender: 15, 12, 9, 8
 */
const limitByChoice = [100_000, 1000, 1, 300];
const windowByChoice = [15, 12, 9, 8];

const settings = { server: resolveDeflate('fuzz', 'server', true)!, client: resolveDeflate('fuzz', 'client', true)! };

export const target: Target = {
  name: 'inflate',
  title: 'compressed messages of any sender, against RFC 1951 by the letter',
  share: 0.2,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(6)) return mutate(random, random.pick(corpus), corpus);
    const parts: Buffer[] = [Buffer.of(random.oneIn(2) ? 0 : random.below(64))];
    let history = Buffer.alloc(0);
    for (let count = 1 + random.below(3); count > 0; count--) {
      const data = repetitive(random, random.below(random.oneIn(10) ? 2000 : 60));
      let payload = random.oneIn(30) ? bomb(random) : deflatedMessage(random, data, history);
      if (random.oneIn(3)) payload = mutate(random, payload, []).subarray(0, 60_000);
      parts.push(Buffer.of(payload.length >> 8, payload.length & 255), payload);
      history = Buffer.concat([history, data]);
    }
    return Buffer.concat(parts);
  },

  run(input) {
    const script = new Script(input);
    const choices = script.byte();
    const role = (choices & 1) === 0 ? 'server' : 'client';
    const limit = limitByChoice[(choices >> 1) & 3]!;
    const noTakeover = (choices & 8) !== 0;
    const windowBits = windowByChoice[(choices >> 4) & 3]!;
    const agreement: DeflateAgreement = {
      serverNoContextTakeover: noTakeover,
      clientNoContextTakeover: noTakeover,
      serverMaxWindowBits: windowBits,
      clientMaxWindowBits: windowBits,
    };
    const extension = new PerMessageDeflate(role, settings[role], agreement, '');
    let history: Buffer = Buffer.alloc(0);
    for (let count = 0; count < 5 && !script.isOver; count++) {
      const payload = script.take(script.word());
      const before = Buffer.from(payload);
      const expected = inflatedByRule(payload, history, limit);
      const { result, error } = resultOrRefusal(() => extension.decode(payload, limit));
      ensure(payload.equals(before), 'The payload was changed');
      if (result !== undefined) ensure(result.length <= limit, 'More than the limit came out');
      if (expected === undefined) return;
      if (!Buffer.isBuffer(expected)) {
        ensure(error !== undefined, () => `${result?.length} bytes came out of what must fail with ${expected}`);
        ensure(expected.includes(error.closeCode), () => `It fails with ${error.closeCode}, expected ${expected}`);
        return;
      }
      ensureSame(error?.message, undefined, 'The error for a valid payload');
      ensure(
        result!.equals(expected),
        () => `Not what was deflated: ${result!.length} bytes, expected ${expected.length}`,
      );
      if (!noTakeover) history = Buffer.concat([history, expected]).subarray(-(2 ** windowBits));
    }
  },
};
