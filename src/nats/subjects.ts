import { createHash } from 'node:crypto';

/** Longer tokens are hashed: a subject has to fit into a line of the protocol, which has 4 KiB. */
const maxTokenLength = 128;

/** No other name looks like this: a `=` is followed by two hexadecimal digits there. */
const emptyToken = '=';

/**
 * A name as one token of a subject: letters, digits, `-` and `_` of ASCII are themselves, every other byte of its UTF-8 is `=`
 * and two hexadecimal digits; the empty name is `=`. What gets longer than 128 characters is `==` and the SHA-256 of that, in
 * base64url.
 */
export function tokenOf(name: string): string {
  if (name === '') return emptyToken;
  const token = /^[A-Za-z0-9_-]+$/.test(name) ? name : Array.from(name, escaped).join('');
  if (token.length <= maxTokenLength) return token;
  return `==${createHash('sha256').update(token).digest('base64url')}`;
}

function escaped(character: string): string {
  if (/^[A-Za-z0-9_-]$/.test(character)) return character;
  return Array.from(bytesOf(character), (byte) => `=${byte.toString(16).padStart(2, '0')}`).join('');
}

/** UTF-8, and half a surrogate pair as if it were a character: names that differ in nothing else are two names. */
function bytesOf(character: string): Iterable<number> {
  const code = character.codePointAt(0)!;
  if (code < 0xd800 || code > 0xdfff) return Buffer.from(character);
  return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
}

/** How the subjects and streams of the rooms of one name are called. */
export class Subjects {
  /** The stream that keeps the logs. */
  readonly logStream: string;
  /** The bucket that has who is present. */
  readonly presenceBucket: string;
  /** The bucket that has which nodes live. */
  readonly nodesBucket: string;
  readonly #base: string;

  constructor(prefix: string, name: string) {
    const token = tokenOf(name);
    this.#base = `${prefix}.${token}`;
    this.logStream = `${prefix}_${token}_log`;
    this.presenceBucket = `${prefix}_${token}_presence`;
    this.nodesBucket = `${prefix}_${token}_nodes`;
  }

  /** Where a room's log is written to; `*` for all rooms. */
  log(room: string): string {
    return `${this.#base}.log.${room}`;
  }

  /** All that the nodes hear that have subscribed to a room. */
  heard(room: string): string {
    return `${this.#base}.to.${room}.>`;
  }

  /** What is kept nowhere. */
  passing(room: string): string {
    return `${this.#base}.to.${room}.now`;
  }

  /** Where the server sends what was appended to a log of this life; `{{wildcard(1)}}` for the room that it is of. */
  appended(room: string, life: string): string {
    return `${this.#base}.to.${room}.log.${life}`;
  }

  /** Where the server sends what is written to the bucket of presence, whose keys are `room.in.node.number`. */
  presenceChanged(): string {
    return `${this.#base}.to.>`;
  }
}
