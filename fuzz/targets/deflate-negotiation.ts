import {
  acceptDeflate,
  checkDeflateAnswer,
  type DeflateAgreement,
  offerDeflate,
} from '../../src/protocol/deflate-negotiation';
import { type DeflateSettings, resolveDeflate } from '../../src/protocol/deflate-options';
import { type ExtensionOffer, parseExtensions, serializeExtensions } from '../../src/protocol/headers';
import { mutate } from '../mutation';
import type { Random } from '../random';
import { Script } from '../script';
import { ensure, ensureSame, resultOrRefusal, type Target } from '../target';

/* An input is three bytes for the options of each end, and the value of `Sec-WebSocket-Extensions`. */

const parameters = [
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
  'client_max_window_bits',
] as const;
const words = [...parameters, 'permessage-deflate', ';', '=', ',', '8', '15', '16', '"10"', '010', '7'];

function settingsOf(script: Script, role: 'server' | 'client'): DeflateSettings {
  const bits = script.byte();
  const takeover = script.byte();
  return resolveDeflate('fuzz', role, {
    serverMaxWindowBits: 9 + (bits % 7),
    clientMaxWindowBits: 9 + ((bits >> 4) % 7),
    serverNoContextTakeover: (takeover & 1) === 1,
    clientNoContextTakeover: (takeover & 2) === 2,
  })!;
}

function isBits(value: string | true): boolean {
  return ['8', '9', '10', '11', '12', '13', '14', '15'].includes(value as string);
}

/** What an offer or answer says, or undefined where it must be declined (RFC 7692, sections 7.1.1 and 7.1.2). */
function readByRule({ params }: ExtensionOffer, isOffer: boolean): Map<string, string | true> | undefined {
  const read = new Map<string, string | true>();
  for (const [name, value] of params) {
    if (read.has(name) || !(parameters as readonly string[]).includes(name)) return undefined;
    const hasBits = name.endsWith('bits');
    if (!hasBits && value !== true) return undefined;
    if (hasBits && !isBits(value) && !(isOffer && value === true && name.startsWith('client'))) return undefined;
    read.set(name, value);
  }
  return read;
}

function bitsOf(value: string | true | undefined): number {
  return value === undefined || value === true ? 15 : Number(value);
}

/** The first offer that zlib can honour: its deflate knows no window of 2^8 bytes. */
function acceptableByRule(offers: readonly ExtensionOffer[]): Map<string, string | true> | undefined {
  return offers
    .filter(({ name }) => name === 'permessage-deflate')
    .map((offer) => readByRule(offer, true))
    .find((read) => read !== undefined && bitsOf(read.get('server_max_window_bits')) > 8);
}

function checkAnswer(
  offer: Map<string, string | true>,
  answer: ExtensionOffer,
  agreement: DeflateAgreement,
  server: DeflateSettings,
): void {
  const said = readByRule(answer, false);
  ensure(said !== undefined, () => `The answer is not valid: ${serializeExtensions([answer])}`);
  const asked = offer.get('server_max_window_bits');
  ensure(
    bitsOf(said.get('server_max_window_bits')) <= bitsOf(asked),
    'The answer has a larger window than was asked for',
  );
  ensureSame(bitsOf(said.get('server_max_window_bits')), agreement.serverMaxWindowBits, "The server's window");
  ensureSame(
    bitsOf(said.get('client_max_window_bits')),
    Math.min(15, agreement.clientMaxWindowBits),
    "The client's window",
  );
  // 7.1.2.2.
  ensure(
    offer.has('client_max_window_bits') || !said.has('client_max_window_bits'),
    'A client is asked that cannot be',
  );
  ensure(agreement.serverMaxWindowBits <= server.serverMaxWindowBits, 'Our window is larger than our option');
  const noTakeover = (name: string, option: boolean, agreed: boolean) => {
    ensureSame(agreed, option || offer.has(name), `What was agreed on ${name}`);
    ensureSame(said.has(name), agreed, `Whether the answer says ${name}`);
  };
  noTakeover('server_no_context_takeover', server.serverNoContextTakeover, agreement.serverNoContextTakeover);
  noTakeover('client_no_context_takeover', server.clientNoContextTakeover, agreement.clientNoContextTakeover);
}

function offerText(random: Random): string {
  const parameter = () => {
    const name = random.oneIn(10) ? random.pick(words) : random.pick(parameters);
    const value = random.pick(['8', '9', '10', '12', '15', '16', '7', '"11"', '012', '']);
    const hasValue = name.endsWith('bits') ? !random.oneIn(4) : random.oneIn(12);
    return `; ${name}${hasValue ? `=${value}` : ''}`;
  };
  const offer = () => {
    const count = random.below(4);
    return (random.oneIn(10) ? 'foo' : 'permessage-deflate') + Array.from({ length: count }, parameter).join('');
  };
  return Array.from({ length: 1 + random.below(3) }, offer).join(', ');
}

export const target: Target = {
  name: 'deflate-negotiation',
  title: 'offers of permessage-deflate, and answers to them',
  share: 1,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(6)) return mutate(random, random.pick(corpus), corpus, words);
    const input = Buffer.concat([random.bytes(4), Buffer.from(offerText(random), 'latin1')]);
    return random.oneIn(3) ? mutate(random, input, corpus, words) : input;
  },

  run(input) {
    const script = new Script(input);
    const server = settingsOf(script, 'server');
    const client = settingsOf(script, 'client');
    // What our two ends say to each other is understood alike by both.
    const ours = acceptDeflate([offerDeflate(client)], server);
    ensure(ours !== null, 'We decline what we offer ourselves');
    const understood = checkDeflateAnswer(ours.answer, client);
    ensureSame(
      JSON.stringify(understood, Object.keys(understood).sort()),
      JSON.stringify(ours.agreement, Object.keys(understood).sort()),
      'The agreement of our two ends',
    );

    const { result: extensions } = resultOrRefusal(() => parseExtensions(input.toString('latin1', 4)));
    if (extensions === undefined) return;
    const accepted = acceptDeflate(extensions, server);
    const expected = acceptableByRule(extensions);
    ensureSame(accepted === null, expected === undefined, 'Whether all offers are declined');
    if (accepted !== null) checkAnswer(expected!, accepted.answer, accepted.agreement, server);

    const [answer] = extensions;
    const { result: agreement } = resultOrRefusal(() => checkDeflateAnswer(answer!, client));
    const said = readByRule(answer!, false);
    const isKept =
      said !== undefined &&
      bitsOf(said.get('server_max_window_bits')) <= client.serverMaxWindowBits &&
      (!client.serverNoContextTakeover || said.has('server_no_context_takeover'));
    ensureSame(agreement !== undefined, isKept, 'Whether the answer is taken');
    if (agreement === undefined) return;
    ensure(
      agreement.clientMaxWindowBits <= bitsOf(said!.get('client_max_window_bits')),
      'We deflate with a larger window than agreed',
    );
    ensureSame(agreement.serverMaxWindowBits, bitsOf(said!.get('server_max_window_bits')), "The server's window");
  },
};
