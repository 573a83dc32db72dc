import {
  isToken,
  listIncludes,
  parseExtensions,
  parseTokenList,
  serializeExtensions,
} from '../../src/protocol/headers';
import { extensionList, headWords, tokenList } from '../grammar/heads';
import { mutate } from '../mutation';
import { extensionsByRule, isTokenByRule, listItems, tokensByRule } from '../reference/headers';
import { ensureSame, resultOrRefusal, type Target } from '../target';

/** An input is the value of a header, in Latin-1. */
export const target: Target = {
  name: 'headers',
  title: 'lists of tokens and of extensions, against the grammar by regular expressions',
  share: 1,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(4)) return mutate(random, random.pick(corpus), corpus, headWords);
    const input = Buffer.from(random.oneIn(3) ? tokenList(random) : extensionList(random), 'latin1');
    return random.oneIn(2) ? mutate(random, input, corpus, headWords) : input;
  },

  run(input) {
    const text = input.toString('latin1');
    ensureSame(isToken(text), isTokenByRule(text), 'Whether it is a token');
    for (const word of ['upgrade', 'websocket', 'foo', '']) {
      const expected = listItems(text).some((item) => item.toLowerCase() === word);
      ensureSame(listIncludes(text, word), expected, `Whether the list holds '${word}'`);
    }
    const tokens = resultOrRefusal(() => parseTokenList('Sec-WebSocket-Protocol', text));
    ensureSame(JSON.stringify(tokens.result), JSON.stringify(tokensByRule(text)), 'The tokens');
    const { result } = resultOrRefusal(() => parseExtensions(text));
    ensureSame(JSON.stringify(result), JSON.stringify(extensionsByRule(text)), 'The extensions');
    if (result === undefined) return;
    const again = parseExtensions(serializeExtensions(result));
    ensureSame(JSON.stringify(again), JSON.stringify(result), 'The extensions, written and read again');
  },
};
