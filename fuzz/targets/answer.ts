import { type AgreedHandshake, verifyUpgradeResponse } from '../../src/protocol/client-handshake';
import { HandshakeError } from '../../src/protocol/errors';
import { headWords, responseHead } from '../grammar/heads';
import { mutate } from '../mutation';
import { readHead } from '../reference/handshake';
import { extensionsByRule, listItems } from '../reference/headers';
import { ensure, ensureSame, resultOrRefusal, type Target } from '../target';

const asked = {
  key: 'dGhlIHNhbXBsZSBub25jZQ==',
  protocols: ['chat', 'superchat'],
  extensions: [{ name: 'permessage-deflate', params: [] }],
};

/** An input is the head of a server's answer, as it comes. */
export const target: Target = {
  name: 'answer',
  title: "heads of a server's answer to our own handshake",
  share: 1,

  generate(random, corpus) {
    const input = corpus.length > 0 && random.oneIn(4) ? random.pick(corpus) : responseHead(random);
    return random.oneIn(2) ? mutate(random, input, corpus, headWords) : input;
  },

  run(input) {
    const head = readHead(input.toString('latin1'));
    if (typeof head === 'number') return;
    const status = Number(/^HTTP\/1\.1 ([0-9]{3})( |$)/.exec(head.startLine)?.[1] ?? 200);
    const lists = (input.length & 1) === 1;
    const headers = Object.fromEntries(
      Array.from(head.headers, ([name, value]) => [name, lists ? value.split(', ') : value]),
    );
    const { result, error } = resultOrRefusal(() => verifyUpgradeResponse({ status, headers }, asked));
    const expected = agreedByRule(status, head.headers);
    ensure(error === undefined || error instanceof HandshakeError, () => `A ${error?.name} refuses an answer`);
    ensureSame(JSON.stringify(result), JSON.stringify(expected), 'What was agreed');
  },
};

/** RFC 6455, section 4.1, second half; undefined where the connection must fail. */
function agreedByRule(status: number, headers: ReadonlyMap<string, string>): AgreedHandshake | undefined {
  if (status !== 101 || headers.get('upgrade')?.toLowerCase() !== 'websocket') return undefined;
  if (!listItems(headers.get('connection') ?? '').some((item) => item.toLowerCase() === 'upgrade')) return undefined;
  if (headers.get('sec-websocket-accept') !== 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=') return undefined;
  const protocol = headers.get('sec-websocket-protocol') ?? '';
  if (!['', ...asked.protocols].includes(protocol)) return undefined;
  // An empty header is taken for one that chooses nothing.
  const chosen = headers.get('sec-websocket-extensions') ?? '';
  const extensions = chosen === '' ? [] : extensionsByRule(chosen);
  if (extensions === undefined || extensions.some(({ name }) => name !== 'permessage-deflate')) return undefined;
  return { protocol, extensions };
}
