import { decodeUtf8, validUtf8Until } from '../../src/protocol/utf8';
import { utf8Bytes } from '../grammar/texts';
import { mutate } from '../mutation';
import { readUtf8 } from '../reference/utf8';
import { ensureSame, type Target } from '../target';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** An input is a text, right or wrong. */
export const target: Target = {
  name: 'utf8',
  title: 'texts and what is none, cut at every place, against the grammar of RFC 3629 and TextDecoder',
  share: 1,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(8)) return mutate(random, random.pick(corpus), corpus);
    const input = utf8Bytes(random, random.below(random.oneIn(50) ? 200 : 12));
    return random.oneIn(3) ? mutate(random, input, corpus) : input;
  },

  run(input) {
    const { wrongAt } = readUtf8(input);
    const text = decodeUtf8(input, 0, input.length);
    ensureSame(text, strictText(input), 'The text');
    // Somewhere in a larger buffer, between bytes that would be part of a character.
    const around = Buffer.concat([Buffer.from('f09f', 'hex'), input, Buffer.from('9880', 'hex')]);
    ensureSame(decodeUtf8(around, 2, 2 + input.length), text, 'The text between other bytes');
    const step = 1 + Math.floor(input.length / 64);
    for (let cut = 0; cut <= input.length; cut += step) {
      const expected = wrongAt !== -1 && wrongAt < cut ? -1 : readUtf8(input.subarray(0, cut)).wholeUntil;
      ensureSame(validUtf8Until(around, 2, 2 + cut), expected === -1 ? -1 : expected + 2, `Up to byte ${cut}`);
      if (expected === -1) continue;
      // Going on from there, as a message does that comes in pieces.
      const rest = wrongAt === -1 ? readUtf8(input).wholeUntil : -1;
      ensureSame(validUtf8Until(input, expected, input.length), rest, `From byte ${expected}`);
    }
  },
};

function strictText(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
