import { Blob } from 'node:buffer';
import { types } from 'node:util';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/**
 * What a published value is on the wire: a string stays one and becomes a text message, bytes become a binary message,
 * and any other value becomes its JSON, as text.
 *
 * @throws InvalidOptionError where there is no JSON (undefined, a function, a cycle, a bigint), and for a promise or a
 *   Blob, whose JSON would be `{}` and whose content is not here yet.
 */
export function payloadOf(value: unknown): string | Buffer {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    if (Buffer.isBuffer(value)) return value;
    // Measured in bytes: the length of a Float64Array counts elements, and its memory may be a window of a larger one.
    if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
    if (types.isPromise(value)) throw new InvalidOptionError('A promise cannot be published: await it first');
    if (value instanceof Blob) {
      throw new InvalidOptionError('A Blob cannot be published: await its arrayBuffer() or text() first');
    }
  }
  const json = jsonOf(value);
  if (json === undefined) throw new InvalidOptionError(`${describe(value)} cannot be published: it has no JSON`);
  return json;
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new InvalidOptionError(`${describe(value)} cannot be published as JSON: ${why}`);
  }
}
