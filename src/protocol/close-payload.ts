import { CloseCode, isSendableCloseCode } from './close-code';
import { InvalidOptionError, InvalidPayloadError, ProtocolError } from './errors';
import { maxControlPayload } from './frame-header';
import { describe } from './options';
import { decodeUtf8 } from './utf8';

/** The longest reason of a close frame, in bytes of UTF-8: a control frame less the two bytes of the code. */
export const maxCloseReason = maxControlPayload - 2;

/** What a close frame said. */
export interface ClosePayload {
  code: number;
  reason: string;
}

/**
 * Reads the payload of a close frame (RFC 6455, section 5.5.1).
 *
 * @throws ProtocolError for a code that cannot be, InvalidPayloadError for a reason that is not UTF-8
 */
export function readClosePayload(payload: Buffer): ClosePayload {
  if (payload.length === 0) return { code: CloseCode.NoStatusReceived, reason: '' };
  if (payload.length === 1) {
    throw new ProtocolError('A close frame has one byte of payload, half of a close code', {
      code: 'INVALID_CLOSE_PAYLOAD',
    });
  }
  const code = payload.readUInt16BE(0);
  if (!isSendableCloseCode(code)) {
    throw new ProtocolError(`A close frame has the code ${code}, which must not be sent`, {
      code: 'INVALID_CLOSE_CODE',
    });
  }
  const reason = decodeUtf8(payload, 2, payload.length);
  if (reason === undefined) throw new InvalidPayloadError('The reason in a close frame is not valid UTF-8');
  return { code, reason };
}

/**
 * Encodes the payload of a close frame: empty without a code.
 *
 * @throws InvalidOptionError for a code that must not be sent, a reason without a code, or one longer than 123 bytes
 */
export function encodeClosePayload(code?: number, reason = ''): Buffer {
  if (typeof reason !== 'string') {
    throw new InvalidOptionError(`A close reason must be a string, not ${describe(reason)}`, {
      code: 'INVALID_CLOSE_REASON',
    });
  }
  if (code === undefined) {
    if (reason === '') return Buffer.alloc(0);
    throw new InvalidOptionError('A close reason needs a close code before it', { code: 'INVALID_CLOSE_REASON' });
  }
  if (!isSendableCloseCode(code)) {
    throw new InvalidOptionError(
      `Close code ${describe(code)} must not be sent: use 1000, 1001 to 1003, 1007 to 1014, or 3000 to 4999`,
      { code: 'INVALID_CLOSE_CODE' },
    );
  }
  const size = Buffer.byteLength(reason);
  if (size > maxCloseReason) {
    throw new InvalidOptionError(`A close reason can have ${maxCloseReason} bytes of UTF-8, this one has ${size}`, {
      code: 'INVALID_CLOSE_REASON',
    });
  }
  const payload = Buffer.allocUnsafe(2 + size);
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return payload;
}

/** As much of a text as a close frame can carry, cut between characters. */
export function fitCloseReason(message: string): string {
  if (Buffer.byteLength(message) <= maxCloseReason) return message;
  return new TextDecoder().decode(Buffer.from(message).subarray(0, maxCloseReason - 3)).replace(/\ufffd*$/u, '…');
}
