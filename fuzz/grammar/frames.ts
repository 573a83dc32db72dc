import type { Role } from '../../src/protocol/role';
import type { Random } from '../random';
import { deflatedMessage } from './deflated';
import { utf8Bytes } from './texts';

/** A frame as it goes on the wire, right or wrong; written without any code of `src`. */
export interface Frame {
  opcode: number;
  fin: boolean;
  /** 0x40, 0x20 and 0x10 for RSV1 to RSV3. */
  reserved: number;
  masked: boolean;
  payload: Buffer;
  /** The length that the header claims, where it is not the payload's. */
  claims?: bigint;
  /** How many bytes the length takes, where it is not the least. */
  lengthBytes?: 0 | 2 | 8;
}

/** The frame's bytes. The key is all zeros in half of them, so that what a mutation changes in the payload stays readable. */
export function encodeFrame(random: Random, frame: Frame): Buffer {
  const { opcode, fin, reserved, masked, payload } = frame;
  const length = frame.claims ?? BigInt(payload.length);
  const lengthBytes = frame.lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const bytes = Buffer.alloc(2 + lengthBytes + (masked ? 4 : 0) + payload.length);
  bytes[0] = (fin ? 0x80 : 0) | reserved | opcode;
  bytes[1] = (masked ? 0x80 : 0) | (lengthBytes === 8 ? 127 : lengthBytes === 2 ? 126 : Number(length & 0x7fn));
  if (lengthBytes === 2) bytes.writeUInt16BE(Number(length & 0xffffn), 2);
  if (lengthBytes === 8) bytes.writeBigUInt64BE(BigInt.asUintN(64, length), 2);
  let at = 2 + lengthBytes;
  payload.copy(bytes, at + (masked ? 4 : 0));
  if (masked && random.oneIn(2)) {
    const key = random.bytes(4);
    key.copy(bytes, at);
    at += 4;
    for (let i = 0; i < payload.length; i++) bytes[at + i]! ^= key[i % 4]!;
  }
  return bytes;
}

const edges = [0, 1, 3, 4, 7, 8, 123, 124, 125, 126, 127, 128, 129];
const closeCodes = [
  1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1011, 1014, 1015, 1016, 2999, 3000, 3999, 4999, 5000, 0, 65535,
];

function payloadSize(random: Random): number {
  if (random.oneIn(20_000)) return random.between(65_530, 65_540);
  if (random.oneIn(300)) return random.below(3000);
  return random.oneIn(16) ? random.pick(edges) : random.below(16);
}

/** The payload of a close frame: with a code and a reason, legal in half of all cases. */
export function closePayload(random: Random): Buffer {
  if (random.oneIn(4)) return random.bytes(random.below(3));
  const code = Buffer.alloc(2);
  code.writeUInt16BE(random.oneIn(2) ? 1000 : random.pick(closeCodes));
  return Buffer.concat([code, utf8Bytes(random, random.below(8))]).subarray(0, 125);
}

/** The frames of one message in as many fragments as chance wants, with control frames between them. */
function messageFrames(random: Random, masked: boolean, reserved: number): Frame[] {
  const opcode = random.oneIn(2) ? 1 : 2;
  const size = payloadSize(random);
  const data = opcode === 1 ? utf8Bytes(random, size) : random.bytes(size);
  const marked = reserved !== 0 && random.oneIn(2) ? reserved : 0;
  const payload = marked === 0 ? data : deflatedMessage(random, data, Buffer.alloc(0));
  const frames: Frame[] = [];
  const count = random.oneIn(2) ? 1 : 1 + random.below(random.oneIn(10) ? 20 : 4);
  for (let i = 0, start = 0; i < count; i++) {
    const end = i === count - 1 ? payload.length : start + random.below(payload.length - start + 1);
    const fin = i === count - 1;
    frames.push({
      opcode: i === 0 ? opcode : 0,
      fin,
      reserved: i === 0 ? marked : 0,
      masked,
      payload: payload.subarray(start, end),
    });
    if (!fin && random.oneIn(4)) frames.push(controlFrame(random, masked));
    start = end;
  }
  return frames;
}

function controlFrame(random: Random, masked: boolean): Frame {
  const size = random.oneIn(10) ? random.pick([0, 124, 125]) : random.below(10);
  return { opcode: random.oneIn(2) ? 9 : 10, fin: true, reserved: 0, masked, payload: random.bytes(size) };
}

/** Breaks one rule of a frame. */
function spoil(random: Random, frame: Frame): void {
  switch (random.below(9)) {
    case 0:
      frame.reserved ^= random.pick([0x40, 0x20, 0x10]);
      break;
    case 1:
      frame.opcode = random.below(16);
      break;
    case 2:
      frame.fin = !frame.fin;
      break;
    case 3:
      frame.masked = !frame.masked;
      break;
    case 4:
      frame.lengthBytes = random.oneIn(3) ? 8 : 2;
      // At the edge of what fits into fewer.
      if (random.oneIn(2))
        frame.payload = random.bytes(random.oneIn(20) ? random.between(65_534, 65_537) : random.between(124, 127));
      break;
    case 5:
      frame.claims = random.pick([
        126n,
        127n,
        65535n,
        65536n,
        1000n,
        1001n,
        2n ** 31n,
        2n ** 32n,
        2n ** 53n,
        2n ** 63n - 1n,
        2n ** 63n,
        2n ** 64n - 1n,
      ]);
      break;
    case 6:
      frame.claims = BigInt(frame.payload.length + random.between(1, 5));
      break;
    case 7:
      frame.opcode = 0;
      break;
    default:
      frame.payload = random.bytes(random.pick([126, 127, 200]));
  }
}

/**
 * What a peer may send to `receiver`: messages, pings, pongs, perhaps a close frame, and in every other sequence one
 * that breaks a rule, or is cut short.
 *
 * @param reserved the RSV bit of permessage-deflate, which then marks the messages that are compressed
 */
export function frameSequence(random: Random, receiver: Role, reserved = 0): Buffer {
  const masked = receiver === 'server';
  const frames: Frame[] = [];
  for (let count = 1 + random.below(5); count > 0; count--) {
    if (random.oneIn(4)) frames.push(controlFrame(random, masked));
    else frames.push(...messageFrames(random, masked, reserved));
  }
  if (random.oneIn(4)) frames.push({ opcode: 8, fin: true, reserved: 0, masked, payload: closePayload(random) });
  if (random.oneIn(3)) spoil(random, random.pick(frames));
  if (random.oneIn(10)) frames.splice(random.below(frames.length), 1);
  const wire = Buffer.concat(frames.map((frame) => encodeFrame(random, frame)));
  return random.oneIn(4) ? wire.subarray(0, random.below(wire.length + 1)) : wire;
}
