import { parseRequest } from '../../src/chat/requests';
import { isToken, listIncludes, parseExtensions, parseTokenList } from '../../src/protocol/headers';
import { parseHead } from '../../src/protocol/http-head';
import { describe } from '../../src/protocol/options';
import { chatWords } from '../grammar/chat';
import { headWords } from '../grammar/heads';
import { mutate } from '../mutation';
import { Broken, resultOrRefusal, type Target } from '../target';

/*
 * An input is a byte that chooses a reader, the lengths of a beginning and of a unit, and the two: the unit is repeated
 * until the text is long; in half of them with a number, behind the first `a` of each.
 */
const readers: ReadonlyArray<{ name: string; read: (text: string) => unknown }> = [
  { name: 'parseTokenList', read: (text) => parseTokenList('Sec-WebSocket-Protocol', text) },
  { name: 'parseExtensions', read: (text) => parseExtensions(text) },
  { name: 'listIncludes', read: (text) => listIncludes(text, 'websocket') },
  { name: 'isToken', read: isToken },
  { name: 'parseHead', read: (text) => parseHead(`GET / HTTP/1.1\r\n${text.slice(0, 16_000)}\r\n\r\n`) },
  { name: 'parseRequest', read: (text) => parseRequest(text, { maxTextLength: 2 ** 30, maxNameLength: 2 ** 30 }) },
  {
    name: 'parseRequest, a name',
    read: (text) =>
      parseRequest(JSON.stringify({ type: 'join', room: 'a', name: text }), {
        maxTextLength: 1,
        maxNameLength: 2 ** 30,
      }),
  },
  { name: 'describe', read: describe },
];

const short = 2 ** 11;
const long = 2 ** 15;

/** What lists are made of. */
const signs = ['a', 'b', ' ', '\t', ',', ';', '=', '"', '\\', 'a;b="', ' ,a'];

/** Sixteen times the text may take sixteen times as long; whoever looks at it again for each of its parts takes 256 times. */
const mostTimes = 90;

/** Below this, in milliseconds, what is measured is not the work. */
const measurable = 4;

export const target: Target = {
  name: 'linear',
  title: 'long texts that repeat themselves: sixteen times the length must not take the square of it',
  share: 0.02,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(8)) return mutate(random, random.pick(corpus), corpus, headWords);
    const words = random.pick([chatWords, headWords, signs, signs]);
    const some = (most: number) => {
      const parts = Array.from({ length: random.below(most) }, () => random.pick(words));
      return Buffer.from(parts.join(''), 'latin1').subarray(0, 255);
    };
    const beginning = some(3);
    const unit = some(4);
    return Buffer.concat([Buffer.of(random.below(2 * readers.length), beginning.length, unit.length), beginning, unit]);
  },

  run(input) {
    const [choice = 0, beginningLength = 0, unitLength = 0] = input;
    const { name, read } = readers[choice % readers.length]!;
    const beginning = input.toString('latin1', 3, 3 + beginningLength);
    const unit = input.toString('latin1', 3 + beginningLength, 3 + beginningLength + unitLength);
    const isNumbered = Math.floor(choice / readers.length) % 2 === 1;
    const textOf = (length: number) => {
      const times = Math.ceil(length / Math.max(unit.length, 1));
      if (!isNumbered) return beginning + unit.repeat(times);
      // So that no two words are the same: lists may refuse those.
      return beginning + Array.from({ length: times }, (_, i) => unit.replace('a', `a${i}`)).join('');
    };
    const ofLong = textOf(long);
    if (timeOf(read, ofLong) < measurable) return;
    // Something else may have had the processor: the best of several times is what it takes.
    const ofShort = textOf(short);
    for (let tries = 0; tries < 5; tries++) {
      const longest = Math.min(timeOf(read, ofLong), timeOf(read, ofLong), timeOf(read, ofLong));
      const shortest = Math.max(timeOf(read, ofShort), timeOf(read, ofShort), timeOf(read, ofShort));
      if (longest < measurable || longest < shortest * mostTimes) return;
    }
    throw new Broken(`${name} takes more than linear time for ${JSON.stringify(`${beginning}${unit}`.slice(0, 60))}`);
  },
};

/** Milliseconds. */
function timeOf(read: (text: string) => unknown, text: string): number {
  const begun = performance.now();
  resultOrRefusal(() => read(text));
  return performance.now() - begun;
}
