import { constants, deflateRawSync } from 'node:zlib';
import type { Random } from '../random';

const { Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH } = constants;
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Text that repeats itself and what was said before, so that there is something to refer to. */
export function repetitive(random: Random, length: number): Buffer {
  const words = [
    '{"id":',
    '"name":"Ann"',
    ',',
    'true',
    '}',
    'lorem ipsum dolor sit amet ',
    '\n',
    'aaaaaaaaaaaaaaaa',
    String(random.below(1000)),
  ];
  const parts: Buffer[] = [];
  for (let size = 0; size < length; size += parts.at(-1)!.length) {
    parts.push(random.oneIn(6) ? random.bytes(1 + random.below(12)) : Buffer.from(random.pick(words)));
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** A message's payload as some sender may deflate it: any level, strategy and window, cut into any blocks. */
export function deflatedMessage(random: Random, data: Buffer, history: Buffer): Buffer {
  const parts: Buffer[] = [];
  let said = random.oneIn(2) ? history : Buffer.alloc(0);
  const add = (piece: Buffer, finishFlush: number) => {
    const windowBits = random.oneIn(2) ? 15 : random.between(9, 15);
    const dictionary = said.subarray(-(2 ** windowBits));
    const options = {
      level: random.between(0, 9),
      memLevel: random.between(1, 9),
      strategy: random.oneIn(2) ? 0 : random.between(0, 4),
    };
    parts.push(
      deflateRawSync(piece, { ...options, windowBits, finishFlush, ...(dictionary.length > 0 && { dictionary }) }),
    );
    said = Buffer.concat([said, piece]);
  };
  let at = 0;
  while (at < data.length && random.oneIn(2)) {
    const end = at + 1 + random.below(data.length - at);
    add(data.subarray(at, end), random.pick([Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH]));
    at = end;
  }
  const isFinal = random.oneIn(5);
  add(data.subarray(at), isFinal ? Z_FINISH : Z_SYNC_FLUSH);
  const bytes = Buffer.concat(parts);
  if (isFinal) return random.oneIn(4) ? bytes : Buffer.concat([bytes, Buffer.of(0)]);
  return bytes.subarray(-4).equals(tail) ? bytes.subarray(0, -4) : bytes;
}

/** A few bytes that become many. */
export function bomb(random: Random): Buffer {
  const length = random.pick([999, 1000, 1001, 5000, 100_000]);
  return deflatedMessage(random, Buffer.alloc(length, random.below(256)), Buffer.alloc(0));
}
