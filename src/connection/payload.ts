import { types } from 'node:util';
import { InvalidOptionError } from '../protocol/errors';
import { maxControlPayload } from '../protocol/frame-header';
import { describe } from '../protocol/options';

/** What `send()` takes: a string is a text message, bytes are a binary one. */
export type Payload = string | ArrayBufferLike | ArrayBufferView;

/**
 * The bytes behind any view or buffer, uncopied; strings as they are. A typed array counts in bytes, not in elements.
 *
 * @throws InvalidOptionError for anything else
 */
export function toPayload(data: unknown, caller: string): string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // Not instanceof: test runners give the application an ArrayBuffer of its own.
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  throw new InvalidOptionError(
    `${caller} takes a string, a Buffer, an ArrayBuffer or a view of one, not ${describe(data)}; JSON.stringify() makes a string of a value`,
    { code: 'INVALID_PAYLOAD' },
  );
}

/**
 * The payload of a ping or pong.
 *
 * @throws InvalidOptionError above 125 bytes (RFC 6455, section 5.5)
 */
export function controlPayload(data: Payload, caller: string): Buffer {
  const payload = toPayload(data, caller);
  const bytes =
    typeof payload === 'string'
      ? Buffer.from(payload)
      : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes.length <= maxControlPayload) return bytes;
  throw new InvalidOptionError(`${caller} takes at most ${maxControlPayload} bytes, not ${bytes.length}`, {
    code: 'INVALID_PAYLOAD',
  });
}
