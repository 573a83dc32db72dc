import { InvalidPayloadError } from './errors';
import { decodeUtf8 } from './utf8';

/**
 * The text of a whole message.
 *
 * @throws InvalidPayloadError for bytes that are not UTF-8 (RFC 6455, section 8.1)
 */
export function readText(bytes: Buffer, start: number, end: number): string {
  const text = decodeUtf8(bytes, start, end);
  if (text === undefined) throw invalidText();
  return text;
}

export function invalidText(): InvalidPayloadError {
  return new InvalidPayloadError('A text message is not valid UTF-8');
}
