import { isBearerSubprotocol } from './bearer-subprotocol';
import { HandshakeError } from './errors';
import { describe } from './options';

/** One extension as it stands in `Sec-WebSocket-Extensions` (RFC 6455, section 9.1): offered, or chosen. */
export interface ExtensionOffer {
  name: string;
  /** In order, repeated names kept: what to make of a repeated one is for the extension to say. `true`: without a value. */
  params: Array<[name: string, value: string | true]>;
}

/**
 * RFC 9113, section 8.2.2: what is about one connection of HTTP/1.1, and must not go over HTTP/2. `TE` is not among them: a
 * request may have it, where it says `trailers`.
 */
export const connectionHeaders: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** RFC 9110, section 5.6.2: the characters of a token. */
const tokenCharacters = new Uint8Array(128);
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  tokenCharacters[character.charCodeAt(0)] = 1;
}

function isTokenCode(code: number): boolean {
  return code < 128 && tokenCharacters[code] === 1;
}

/** True for a non-empty token of HTTP: what a subprotocol or an extension may be called. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (!isTokenCode(text.charCodeAt(i))) return false;
  return text !== '';
}

/** True where a comma-separated header holds the word, in any case (`Connection: keep-alive, Upgrade`). */
export function listIncludes(header: string | undefined, word: string): boolean {
  if (header === undefined) return false;
  const list = header.toLowerCase();
  // Nearly every list that is asked has one item.
  return list === word || list.split(',').some((item) => trimBlanks(item) === word);
}

/**
 * The tokens of a comma-separated header, in order.
 *
 * @throws HandshakeError (400) for anything that is no list of tokens, or one that repeats a token
 */
export function parseTokenList(name: string, header: string | undefined): string[] {
  if (header === undefined) return [];
  const tokens = header.split(',').map((item) => trimBlanks(item));
  const seen = new Set<string>();
  for (const token of tokens) {
    if (!isToken(token)) throw malformed(name, `holds ${shown(token)}, which is not a token`);
    if (seen.has(token)) throw malformed(name, `names ${shown(token)} twice`);
    seen.add(token);
  }
  return tokens;
}

/** A refusal's message ends in logs, where a token has no place. */
function shown(token: string): string {
  return isBearerSubprotocol(token) ? 'a bearer token' : describe(token);
}

/**
 * The extensions of a `Sec-WebSocket-Extensions` header, read in one pass from left to right.
 *
 * @throws HandshakeError (400) for anything that is not in the grammar of RFC 6455, section 9.1
 */
export function parseExtensions(header: string | undefined): ExtensionOffer[] {
  return header === undefined ? [] : new ExtensionsReader(header).read();
}

/** The header's value for these extensions. */
export function serializeExtensions(extensions: readonly ExtensionOffer[]): string {
  return extensions
    .map(({ name, params }) =>
      [name, ...params.map(([key, value]) => (value === true ? key : `${key}=${value}`))].join('; '),
    )
    .join(', ');
}

class ExtensionsReader {
  private at = 0;

  constructor(private readonly text: string) {}

  read(): ExtensionOffer[] {
    const offers: ExtensionOffer[] = [];
    do {
      const offer: ExtensionOffer = { name: this.token('an extension'), params: [] };
      while (this.skip(';')) {
        const name = this.token('a parameter');
        offer.params.push([name, this.skip('=') ? this.value() : true]);
      }
      offers.push(offer);
    } while (this.skip(','));
    if (this.at < this.text.length) this.fail(`has ${describe(this.text[this.at])} where ',' or ';' is due`);
    return offers;
  }

  private token(what: string): string {
    this.blanks();
    const start = this.at;
    while (isTokenCode(this.text.charCodeAt(this.at))) this.at++;
    if (this.at === start) this.fail(`lacks the name of ${what}`);
    return this.text.slice(start, this.at);
  }

  /** 9.1: a value, also a quoted one, must be a token once its quotes and backslashes are gone. */
  private value(): string {
    this.blanks();
    if (this.text[this.at] !== '"') return this.token("a parameter's value");
    this.at++;
    let value = '';
    for (;;) {
      let character = this.text[this.at++];
      if (character === '"') break;
      if (character === '\\') character = this.text[this.at++];
      if (character === undefined) this.fail('has a quoted value without an end');
      value += character;
    }
    if (!isToken(value)) this.fail('has a quoted value that is not a token');
    return value;
  }

  private skip(character: string): boolean {
    this.blanks();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private blanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
  }

  private fail(problem: string): never {
    throw malformed('Sec-WebSocket-Extensions', problem);
  }
}

/** Without the blanks and tabs around it: what HTTP calls white space, which is less than `trim()` takes away. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

function malformed(name: string, problem: string): HandshakeError {
  return new HandshakeError(`The header ${name} ${problem}`, { status: 400, code: 'MALFORMED_HEADER' });
}
