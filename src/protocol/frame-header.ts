import { ProtocolError } from './errors';
import { type MaskingKey, readMaskingKey, writeMaskingKey } from './mask';
import { isControl, isKnownOpcode, opcodeName } from './opcode';
import type { Role } from './role';

/** The longest payload of a control frame, in bytes (RFC 6455, section 5.5). */
export const maxControlPayload = 125;

/** The longest header: two bytes, a 64-bit length, a masking key. */
export const maxHeaderSize = 14;

/** What the first 2 to 14 bytes of a frame say (RFC 6455, section 5.2). Filled again and again by `readFrameHeader`. */
export class FrameHeader {
  fin = false;
  /** RSV1 to RSV3 as they lie in the first byte: 0x40, 0x20, 0x10. */
  rsv = 0;
  opcode = 0;
  masked = false;
  key: MaskingKey = 0;
  /** Payload bytes. Exact up to 2^53; a length beyond that is above every limit anyway. */
  length = 0;
  /** Bytes of the header itself. */
  size = 0;
}

/**
 * Reads the header that begins at `at`. False means that more bytes are needed; what has come so far is checked already,
 * so that a violation is told from as few bytes as show it.
 *
 * @param role which end we are, or undefined to take masked and unmasked frames alike
 * @param reservedBits the RSV bits that a negotiated extension gave a meaning
 * @throws ProtocolError
 */
export function readFrameHeader(
  header: FrameHeader,
  bytes: Uint8Array,
  at: number,
  end: number,
  role: Role | undefined,
  reservedBits: number,
): boolean {
  if (end - at < 1) return false;
  const first = bytes[at]!;
  const opcode = first & 0x0f;
  const fin = first >= 0x80;
  const rsv = first & 0x70;
  // 5.2: RSV bits MUST be 0 unless an extension is negotiated that defines meanings for non-zero values.
  if ((rsv & ~reservedBits) !== 0) {
    throw new ProtocolError(
      `A frame has a reserved bit set (RSV 0x${rsv.toString(16)}) that no extension was agreed for`,
      {
        code: 'RESERVED_BITS',
      },
    );
  }
  // 5.2: if an unknown opcode is received, the receiving endpoint MUST fail the connection.
  if (!isKnownOpcode(opcode)) {
    throw new ProtocolError(`A frame has the opcode ${opcodeName(opcode)}`, { code: 'RESERVED_OPCODE' });
  }
  const control = isControl(opcode);
  // 5.5: control frames MUST NOT be fragmented.
  if (control && !fin) {
    throw new ProtocolError(`A ${opcodeName(opcode)} frame is fragmented; control frames must be whole`, {
      code: 'FRAGMENTED_CONTROL_FRAME',
    });
  }
  // RFC 7692, 6.1: an extension of messages marks their first frame, never a control frame.
  if (control && rsv !== 0) {
    throw new ProtocolError(`A ${opcodeName(opcode)} frame has a reserved bit set`, { code: 'RESERVED_BITS' });
  }
  if (end - at < 2) return false;

  const second = bytes[at + 1]!;
  const masked = second >= 0x80;
  const short = second & 0x7f;
  // 5.1: a server MUST close the connection upon receiving a frame that is not masked, a client upon one that is.
  if (role === 'server' && !masked) {
    throw new ProtocolError('A client sent a frame that is not masked', { code: 'UNMASKED_FRAME' });
  }
  if (role === 'client' && masked) {
    throw new ProtocolError('A server sent a frame that is masked', { code: 'MASKED_FRAME' });
  }
  // 5.5: all control frames MUST have a payload length of 125 bytes or less.
  if (control && short > maxControlPayload) {
    throw new ProtocolError(`A ${opcodeName(opcode)} frame is longer than ${maxControlPayload} bytes`, {
      code: 'CONTROL_FRAME_TOO_LONG',
    });
  }

  const lengthSize = short < 126 ? 0 : short === 126 ? 2 : 8;
  // 5.2: the most significant bit MUST be 0.
  if (lengthSize === 8 && end - at > 2 && bytes[at + 2]! >= 0x80) {
    throw new ProtocolError('A frame has a 64-bit length with its highest bit set', { code: 'INVALID_LENGTH' });
  }
  if (end - at < 2 + lengthSize) return false;
  let length = short;
  if (lengthSize === 2) {
    length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  } else if (lengthSize === 8) {
    length = readUint32(bytes, at + 2) * 2 ** 32 + readUint32(bytes, at + 6);
  }
  // 5.2: the minimal number of bytes MUST be used to encode the length.
  if ((lengthSize === 2 && length < 126) || (lengthSize === 8 && length < 65536)) {
    throw new ProtocolError(`A frame of ${length} bytes has its length in ${lengthSize} bytes, more than it needs`, {
      code: 'INVALID_LENGTH',
    });
  }

  const size = 2 + lengthSize + (masked ? 4 : 0);
  if (end - at < size) return false;
  header.fin = fin;
  header.rsv = rsv;
  header.opcode = opcode;
  header.masked = masked;
  header.key = masked ? readMaskingKey(bytes, at + 2 + lengthSize) : 0;
  header.length = length;
  header.size = size;
  return true;
}

/** How many bytes the header of a frame takes: 2, 4 or 10, and 4 more with a masking key. */
export function frameHeaderSize(length: number, masked: boolean): number {
  return (length < 126 ? 2 : length < 65536 ? 4 : 10) + (masked ? 4 : 0);
}

/** How many bytes of payload a frame of so many bytes has. */
export function framePayloadSize(size: number, masked: boolean): number {
  const rest = masked ? size - 4 : size;
  return rest - (rest < 128 ? 2 : rest < 65_540 ? 4 : 10);
}

/**
 * Writes a frame's header.
 *
 * @param first FIN, RSV and opcode: the first byte as it goes on the wire
 * @returns the index behind it, where the payload goes
 */
export function writeFrameHeader(bytes: Buffer, at: number, first: number, length: number, key?: MaskingKey): number {
  const mask = key === undefined ? 0 : 0x80;
  bytes[at] = first;
  let next = at + 2;
  if (length < 126) {
    bytes[at + 1] = mask | length;
  } else if (length < 65536) {
    bytes[at + 1] = mask | 126;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length;
    next = at + 4;
  } else {
    bytes[at + 1] = mask | 127;
    bytes.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2);
    bytes.writeUInt32BE(length >>> 0, at + 6);
    next = at + 10;
  }
  if (key === undefined) return next;
  writeMaskingKey(bytes, next, key);
  return next + 4;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
