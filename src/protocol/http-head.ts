import { HandshakeError, InvalidOptionError } from './errors';
import { isToken, trimBlanks } from './headers';
import { describe } from './options';

/** By lower-case name, on an object without a prototype, so that no name finds what no peer sent. */
export type HeaderValues = Record<string, string | undefined>;

export interface HttpHead {
  startLine: string;
  headers: HeaderValues;
}

/** The most bytes that a head may have; node:http has the same limit. */
const maxHeadSize = 16 * 1024;

/**
 * Reads the head of an HTTP/1.1 message, up to its blank line (RFC 9112, sections 2 and 5).
 *
 * @throws HandshakeError (400, or 431 where it is too large)
 */
export function parseHead(raw: Uint8Array | string): HttpHead {
  const text =
    typeof raw === 'string' ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end > maxHeadSize || (end === -1 && text.length > maxHeadSize)) {
    throw new HandshakeError(`The head is larger than ${maxHeadSize} bytes`, { status: 431, code: 'HEAD_TOO_LARGE' });
  }
  if (end === -1) throw malformed('The head ends before its blank line');
  const [startLine = '', ...lines] = text.slice(0, end).split('\r\n');
  if (!isFieldText(startLine)) throw malformed('The start line has a control character');
  const headers: HeaderValues = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!isToken(name)) throw malformed(`A header line must be 'Name: value', not ${describe(line)}`);
    // 5.5: only blanks and tabs belong to the line; what else looks like a blank belongs to the value.
    const value = trimBlanks(line.slice(colon + 1));
    if (!isFieldText(value)) throw malformed(`The header ${name} has a control character in its value`);
    const earlier = headers[name];
    // RFC 9112, 3.2: whoever reads the first of two hosts and whoever reads the last must not disagree.
    if (name === 'host' && earlier !== undefined) throw malformed('The header host came twice');
    headers[name] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  return { startLine, headers };
}

/**
 * Writes the head of an HTTP/1.1 message.
 *
 * @throws InvalidOptionError for a name or value that would break out of its line
 */
export function serializeHead(startLine: string, headers: Readonly<Record<string, string>>): Buffer {
  let head = `${startLine}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    checkHeader(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/** True for visible ASCII, as a request target is (RFC 9112, section 3.2): a blank or a line break would end it early. */
export function isRequestTarget(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** @throws InvalidOptionError for a header that cannot be sent */
export function checkHeader(name: string, value: unknown): void {
  if (!isToken(name)) throw new InvalidOptionError(`${describe(name)} cannot be the name of a header`);
  if (typeof value !== 'string' || !isFieldText(value)) {
    throw new InvalidOptionError(
      typeof value === 'string'
        ? `The header ${name} must be Latin-1 without line breaks or control characters, not ${describe(value)}`
        : `The header ${name} must be a string, not ${describe(value)}`,
    );
  }
}

/**
 * True for what may stand in a line (RFC 9110, section 5.5). Characters above Latin-1 may not: of those, only the low byte
 * would go on the wire, and U+010A would go as a line feed.
 */
export function isFieldText(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false;
  }
  return true;
}

function malformed(message: string): HandshakeError {
  return new HandshakeError(message, { status: 400, code: 'MALFORMED_HEAD' });
}
