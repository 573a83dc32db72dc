import type { DeflateCase } from '../cases/autobahn-case';
import type { Direction } from './peer-deflate';

/** The parameters of one permessage-deflate, as they stand in a header. */
type Parameters = ReadonlyMap<string, string | null>;

/** What was agreed on, as the fuzzing peer sees it. */
export interface Agreement {
  sending: Direction;
  receiving: Direction;
}

/** Reads `Sec-WebSocket-Extensions` as far as these tests write it: no quoted strings. */
function parse(header: string): Parameters[] {
  return header.split(',').map((extension) => {
    const [name, ...parameters] = extension.split(';').map((part) => part.trim());
    if (name !== 'permessage-deflate') throw new Error(`The extension ${name} is not permessage-deflate`);
    const pairs = parameters.map((parameter): [string, string | null] => {
      const [key = '', value] = parameter.split('=');
      return [key, value ?? null];
    });
    if (new Set(pairs.map(([key]) => key)).size < pairs.length)
      throw new Error(`A parameter is there twice: ${header}`);
    return new Map(pairs);
  });
}

function windowBits(parameters: Parameters, name: string): number {
  const value = parameters.get(name) ?? '15';
  if (!/^([89]|1[0-5])$/.test(value)) throw new Error(`${name}=${value} is not a number from 8 to 15`);
  return Number(value);
}

const known = [
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
  'client_max_window_bits',
];

/** The fuzzing client reads the server's answer: it must do what one of the offers asks for (RFC 7692, 7.1). */
export function readAnswer(offered: string, answer: string | undefined): Agreement {
  if (answer === undefined) throw new Error('The server does without permessage-deflate');
  const [agreed, ...others] = parse(answer);
  if (agreed === undefined || others.length > 0) throw new Error(`The server agreed on more than one: ${answer}`);
  for (const name of agreed.keys()) if (!known.includes(name)) throw new Error(`The server made ${name} up`);
  const fits = parse(offered).some(
    (offer) =>
      (!offer.has('server_no_context_takeover') || agreed.has('server_no_context_takeover')) &&
      windowBits(agreed, 'server_max_window_bits') <= windowBits(offer, 'server_max_window_bits') &&
      (!agreed.has('client_max_window_bits') || offer.has('client_max_window_bits')),
  );
  if (!fits) throw new Error(`"${answer}" fits none of "${offered}"`);
  return {
    sending: {
      noContextTakeover: agreed.has('client_no_context_takeover'),
      windowBits: windowBits(agreed, 'client_max_window_bits'),
    },
    receiving: {
      noContextTakeover: agreed.has('server_no_context_takeover'),
      windowBits: windowBits(agreed, 'server_max_window_bits'),
    },
  };
}

/** The fuzzing server chooses the first of what it would ask that the client's first offer can do. */
export function writeAnswer(offered: string | undefined, asks: DeflateCase['asks']): Agreement & { answer: string } {
  const offer = offered === undefined ? undefined : parse(offered)[0];
  if (offer === undefined) throw new Error('The client does without permessage-deflate');
  const ask = asks.find(({ maxWindowBits }) => maxWindowBits === null || offer.has('client_max_window_bits'));
  if (ask === undefined) throw new Error(`The client cannot do what it is asked for: ${offered}`);
  const answer = ['permessage-deflate'];
  for (const name of ['server_no_context_takeover', 'server_max_window_bits']) {
    if (offer.has(name)) answer.push(offer.get(name) === null ? name : `${name}=${offer.get(name)}`);
  }
  if (ask.noContextTakeover) answer.push('client_no_context_takeover');
  if (ask.maxWindowBits !== null) answer.push(`client_max_window_bits=${ask.maxWindowBits}`);
  return {
    answer: answer.join('; '),
    sending: {
      noContextTakeover: offer.has('server_no_context_takeover'),
      windowBits: windowBits(offer, 'server_max_window_bits'),
    },
    receiving: { noContextTakeover: ask.noContextTakeover, windowBits: ask.maxWindowBits ?? 15 },
  };
}
