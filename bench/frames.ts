/** Encodes what the generator sends: masked client frames (RFC 6455 section 5.2), ready before the clock runs. */

import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { constants, deflateRawSync } from 'node:zlib';

/** What one message of a scenario is. */
export interface MessageShape {
  /**
   * `text` is ASCII, as most JSON on the wire is; `utf8` is text with an é in every eight bytes; `json` is text that repeats
   * itself as that of applications does, in a message and from one to the next.
   */
  type: 'text' | 'utf8' | 'binary' | 'json';
  /** Payload in bytes. */
  size: number;
  /** Sent as permessage-deflate (RFC 7692), each message on its own: legal, whatever a server agrees to. */
  compressed?: boolean;
}

const TEXT = 0x1;
const BINARY = 0x2;
const FIN = 0x80;
const RSV1 = 0x40;
const MASKED = 0x80;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_';

/** A random payload. */
export function createPayload({ type, size }: MessageShape): Buffer {
  if (type === 'json') return createJson(size);
  const bytes = randomBytes(size);
  if (type === 'text' || type === 'utf8') {
    for (let i = 0; i < size; i++) bytes[i] = LETTERS.charCodeAt(bytes[i]! & 63);
  }
  if (type === 'utf8') for (let i = 0; i + 2 <= size; i += 8) bytes.write('é', i);
  return bytes;
}

const NAMES = ['Ann', 'Bob', 'Cleo', 'Dmitri', 'Emeka', 'Fatima', 'Goran', 'Hana'];
const WORDS = 'when will the release be out we wait for review since noon and nobody seems to know who has it'.split(
  ' ',
);

/** A chat message as an application's JSON has it, filled up with words to the size. */
function createJson(size: number): Buffer {
  const name = NAMES[randomInt(NAMES.length)]!;
  const head = {
    id: randomUUID(),
    type: 'message',
    room: `room-${randomInt(50)}`,
    from: { id: randomInt(1e6), name, status: 'online' },
    at: new Date(1.7e12 + randomInt(1e9)).toISOString(),
    tags: ['general', 'support'].slice(randomInt(2)),
  };
  let text = '';
  const json = () => JSON.stringify({ ...head, text });
  while (json().length < size) text += `${text === '' ? '' : ' '}${WORDS[randomInt(WORDS.length)]}`;
  text = text.slice(0, text.length - (json().length - size));
  return Buffer.from(json());
}

/** One whole message as a browser would send it, with a mask key of its own. */
export function encodeClientFrame(shape: Pick<MessageShape, 'type' | 'compressed'>, message: Buffer): Buffer {
  const payload = shape.compressed ? deflateMessage(message) : message;
  const size = payload.length;
  const extended = size < 126 ? 0 : size < 0x10000 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + extended + 4 + size);
  frame[0] = FIN | (shape.compressed ? RSV1 : 0) | (shape.type === 'binary' ? BINARY : TEXT);
  frame[1] = MASKED | (extended === 0 ? size : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(size, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(size), 2);

  const key = randomBytes(4);
  const start = 2 + extended + 4;
  key.copy(frame, start - 4);
  for (let i = 0; i < size; i++) frame[start + i] = payload[i]! ^ key[i & 3]!;
  return frame;
}

/** Without the last four bytes of the flush, as RFC 7692 section 7.2.1 has it. */
function deflateMessage(message: Buffer): Buffer {
  const deflated = deflateRawSync(message, { windowBits: 12, finishFlush: constants.Z_SYNC_FLUSH });
  return deflated.subarray(0, deflated.length - 4);
}

/** Different messages of one shape. */
export function createRing(message: MessageShape, count: number): Buffer[] {
  return Array.from({ length: count }, () => createPayload(message));
}

/** The frames of these messages: the generator sends them round and round. */
export function encodeRing(shape: MessageShape, messages: readonly Buffer[]): Buffer {
  return Buffer.concat(messages.map((message) => encodeClientFrame(shape, message)));
}
