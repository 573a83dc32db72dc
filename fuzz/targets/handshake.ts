import { HandshakeError } from '../../src/protocol/errors';
import { validateUpgradeRequest, WebSocketHandshake } from '../../src/protocol/handshake';
import { headWords, requestHead } from '../grammar/heads';
import { mutate } from '../mutation';
import { readHead, statusByRule } from '../reference/handshake';
import { extensionsByRule, tokensByRule } from '../reference/headers';
import { ensure, ensureSame, ensureSameList, resultOrRefusal, type Target } from '../target';

/** An input is the head of a request, as it comes. */
export const target: Target = {
  name: 'handshake',
  title: 'heads of upgrade requests, against the rules by regular expressions',
  share: 1,

  generate(random, corpus) {
    const input = corpus.length > 0 && random.oneIn(4) ? random.pick(corpus) : requestHead(random);
    return random.oneIn(2) ? mutate(random, input, corpus, headWords) : input;
  },

  run(input) {
    const text = input.toString('latin1');
    const expected = statusByRule(text);
    const parsed = resultOrRefusal(() => WebSocketHandshake.parseUpgradeRequest(input));
    const fromText = resultOrRefusal(() => WebSocketHandshake.parseUpgradeRequest(text));
    ensureSame(statusOf(fromText.error), statusOf(parsed.error), 'The status for the same head as a string');
    ensureSame(statusOf(parsed.error), expected, 'The status');
    if (parsed.error !== undefined) return;
    const { key, path, protocols, extensions, headers } = parsed.result;
    ensureSame(Object.getPrototypeOf(headers), null, 'The prototype of the headers');
    const head = readHead(text);
    ensure(typeof head !== 'number', 'The head was accepted');
    ensureSame(path, head.startLine.split(' ')[1], 'The path');
    ensureSameList(Object.keys(headers).sort(), [...head.headers.keys()].sort(), 'The names of the headers');
    for (const [name, value] of head.headers) ensureSame(headers[name], value, `The header ${name}`);
    ensureSame(key, head.headers.get('sec-websocket-key'), 'The key');
    ensureSameList(protocols, tokensByRuleOf(head.headers.get('sec-websocket-protocol')), 'The subprotocols');
    const offered = head.headers.get('sec-websocket-extensions');
    ensureSame(
      JSON.stringify(extensions),
      JSON.stringify(offered === undefined ? [] : extensionsByRule(offered)),
      'The extensions',
    );
    // As node:http gives it, with a list for what came twice.
    const lists = Object.fromEntries(Array.from(head.headers, ([name, value]) => [name, value.split(', ')]));
    const again = validateUpgradeRequest({
      method: 'GET',
      httpVersion: head.startLine.split('HTTP/').at(-1)!,
      headers: lists,
    });
    ensureSame(
      JSON.stringify(again),
      JSON.stringify({ key, version: 13, protocols, extensions }),
      'What the same head says in lists',
    );
    WebSocketHandshake.buildAcceptResponse(key);
  },
};

function tokensByRuleOf(header: string | undefined): string[] {
  return header === undefined ? [] : (tokensByRule(header) ?? ['no list of tokens']);
}

/** 101, or the status of the refusal. */
function statusOf(error: Error | undefined): number {
  if (error === undefined) return 101;
  ensure(error instanceof HandshakeError, () => `A ${error.name} refuses a handshake`);
  return error.status;
}
