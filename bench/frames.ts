/** Encodes what the generator sends: masked client frames (RFC 6455 section 5.2), ready before the clock runs. */

import { randomBytes } from 'node:crypto';

/** What one message of a scenario is. */
export interface MessageShape {
  type: 'text' | 'binary';
  /** Payload in bytes. */
  size: number;
}

const TEXT = 0x1;
const BINARY = 0x2;
const FIN = 0x80;
const MASKED = 0x80;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_';

/** A random payload; text is ASCII, as most JSON on the wire is. */
export function createPayload({ type, size }: MessageShape): Buffer {
  const bytes = randomBytes(size);
  if (type === 'text') {
    for (let i = 0; i < size; i++) bytes[i] = LETTERS.charCodeAt(bytes[i]! & 63);
  }
  return bytes;
}

/** One whole message as a browser would send it, with a mask key of its own. */
export function encodeClientFrame(type: MessageShape['type'], payload: Buffer): Buffer {
  const size = payload.length;
  const extended = size < 126 ? 0 : size < 0x10000 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extended + 4 + size);
  frame[0] = FIN | (type === 'text' ? TEXT : BINARY);
  frame[1] = MASKED | (extended === 0 ? size : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(size, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(size), 2);

  const key = randomBytes(4);
  const start = 2 + extended + 4;
  key.copy(frame, start - 4);
  for (let i = 0; i < size; i++) frame[start + i] = payload[i]! ^ key[i & 3]!;
  return frame;
}

/** As many different frames as there are messages in flight: the generator sends them round and round. */
export function encodeRing(message: MessageShape, inFlight: number): Buffer {
  return Buffer.concat(Array.from({ length: inFlight }, () => encodeClientFrame(message.type, createPayload(message))));
}
