import { InvalidOptionError } from '../protocol/errors';
import { isToken } from '../protocol/headers';
import { describe } from '../protocol/options';

/** Cookies to send: names and values, or the `Set-Cookie` lines of a response, as `response.headers['set-cookie']` has them. */
export type Cookies = Readonly<Record<string, string>> | readonly string[];

/**
 * The value of the header `Cookie` (RFC 6265, section 4.2.1).
 *
 * @throws InvalidOptionError for what cannot be one
 */
export function cookieHeader(given: Cookies): string {
  const pairs = Array.isArray(given) ? given.map(pairOf) : Object.entries(checkObject(given));
  return pairs.map(([name, value]) => `${checkName(name)}=${checkValue(name, value)}`).join('; ');
}

/** Name and value of a `Set-Cookie` line; its attributes are for browsers. */
function pairOf(line: unknown): [name: string, value: unknown] {
  const [, name, value] = /^([^=;]*)=([^;]*)/.exec(typeof line === 'string' ? line : '') ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidOptionError(`Option 'cookies' must hold lines as "name=value; Path=/", not ${describe(line)}`);
  }
  return [name.trim(), value.trim()];
}

function checkObject(given: unknown): Record<string, unknown> {
  if (given !== null && typeof given === 'object') return given as Record<string, unknown>;
  throw new InvalidOptionError(
    `Option 'cookies' must be an object of names and values, or a list of Set-Cookie lines, not ${describe(given)}`,
  );
}

function checkName(name: string): string {
  if (isToken(name)) return name;
  throw new InvalidOptionError(`${describe(name)} cannot be the name of a cookie`);
}

function checkValue(name: string, value: unknown): string {
  if (typeof value === 'string' && /^[\x21-\x7e]*$/.test(value) && !/[;,\\]/.test(value)) return value;
  throw new InvalidOptionError(
    `The cookie ${name} must be a string without blanks, commas, semicolons and backslashes (encodeURIComponent helps), not ${describe(value)}`,
  );
}
