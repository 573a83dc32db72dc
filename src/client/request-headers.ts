import { InvalidOptionError } from '../protocol/errors';
import { checkHeader } from '../protocol/http-head';
import { describe } from '../protocol/options';

/** Headers of the opening handshake: an object, or what iterates over pairs, as `Headers` and `Map` do. */
export type RequestHeaders = Readonly<Record<string, string>> | Iterable<readonly [name: string, value: string]>;

/** Checked headers, by lower-case name; each with the name as it was written. */
export type HeaderList = ReadonlyMap<string, readonly [name: string, value: string]>;

/** Headers that belong to the handshake itself, or would give a GET request a body, with what to do instead. */
const reserved: ReadonlyMap<string, string> = new Map([
  ['upgrade', 'the handshake sets it'],
  ['connection', 'the handshake sets it'],
  ['sec-websocket-key', 'the handshake sets it, fresh for each attempt'],
  ['sec-websocket-version', 'the handshake sets it'],
  ['sec-websocket-accept', 'it belongs to the answer'],
  ['sec-websocket-protocol', "give option 'subprotocols'"],
  ['sec-websocket-extensions', 'extensions have options of their own'],
  ['content-length', 'an opening handshake has no body'],
  ['transfer-encoding', 'an opening handshake has no body'],
  ['trailer', 'an opening handshake has no body'],
  ['expect', 'an opening handshake has no body'],
]);

/** Headers that tell who asks, or where: they are for one origin. */
const personal = ['authorization', 'cookie', 'proxy-authorization', 'host'];

/**
 * Reads the option.
 *
 * @throws InvalidOptionError for a name or value that cannot be sent, is not the caller's to set, or comes twice
 */
export function parseRequestHeaders(given: RequestHeaders): HeaderList {
  const list = new Map<string, readonly [string, string]>();
  for (const [name, value] of headerPairs(given)) {
    checkHeader(name, value);
    const key = name.toLowerCase();
    const instead = reserved.get(key);
    if (instead !== undefined) throw new InvalidOptionError(`The header ${name} cannot be set: ${instead}`);
    if (list.has(key))
      throw new InvalidOptionError(`The header ${name} is given twice, as ${list.get(key)![0]} and ${name}`);
    list.set(key, [name, value]);
  }
  return list;
}

/** What may go to another origin. */
export function impersonalHeaders(headers: HeaderList): HeaderList {
  return new Map([...headers].filter(([key]) => !personal.includes(key)));
}

/** The names and values of the option, as they stand. */
export function headerPairs(given: RequestHeaders): Iterable<readonly [string, string]> {
  if (given === null || typeof given !== 'object') {
    throw new InvalidOptionError(`Option 'headers' must be an object of names and values, not ${describe(given)}`);
  }
  if (!(Symbol.iterator in given)) return Object.entries(given as Record<string, string>);
  const pairs = [...(given as Iterable<unknown>)];
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new InvalidOptionError(`Option 'headers' must hold pairs of name and value, not ${describe(pair)}`);
    }
  }
  return pairs as Array<[string, string]>;
}
