import { FrameParser } from '../../src/protocol/frame-parser';
import type { Opcode } from '../../src/protocol/opcode';
import { frameSequence } from '../grammar/frames';
import { mutate } from '../mutation';
import { ensure, ensureSame, resultOrRefusal, type Target } from '../target';

const maxFrameSize = 1000;
const parsers = [
  { role: 'server', parser: new FrameParser({ role: 'server', maxFrameSize }) },
  { role: 'client', parser: new FrameParser({ role: 'client', maxFrameSize }) },
  { role: undefined, parser: new FrameParser({ maxFrameSize }) },
] as const;
const plain = new FrameParser({ maxFrameSize });

/** An input is what begins, perhaps, with a frame. */
export const target: Target = {
  name: 'frame-parser',
  title: 'FrameParser: single frames, against their layout in the RFC, and encoded again',
  share: 1,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(8)) return mutate(random, random.pick(corpus), corpus);
    const input = frameSequence(random, random.oneIn(2) ? 'server' : 'client');
    return random.oneIn(2) ? mutate(random, input, corpus) : input;
  },

  run(input) {
    const before = Buffer.from(input);
    for (const { role, parser } of parsers) {
      const { result, error } = resultOrRefusal(() => parser.decode(input));
      ensureSame(
        error?.closeCode ?? result?.bytesConsumed,
        frameByRule(input, role),
        'The bytes of a frame, or its violation',
      );
      if (!result) continue;
      const { frame, bytesConsumed } = result;
      const keyAt = bytesConsumed - frame.payload.length - 4;
      const key = frame.masked ? input.subarray(keyAt, keyAt + 4) : undefined;
      const bytes = (role === 'server' || role === undefined ? plain : parser).encode(frame, key);
      if (role !== 'client') ensure(bytes.equals(input.subarray(0, bytesConsumed)), 'Encoded again it has other bytes');
      ensureSame(plain.decode(bytes)?.frame.opcode, frame.opcode as Opcode, 'The opcode, encoded and decoded');
    }
    ensure(before.equals(input), 'The input was changed');
  },
};

/** How many bytes the frame takes; undefined where it is not whole yet, and the close code where it breaks a rule. */
function frameByRule(bytes: Buffer, role: 'server' | 'client' | undefined): number | undefined {
  const [first, second] = bytes;
  if (first === undefined) return undefined;
  const opcode = first & 15;
  if ((first & 0x70) !== 0 || (opcode > 2 && opcode < 8) || opcode > 10 || (opcode >= 8 && first < 0x80)) return 1002;
  if (second === undefined) return undefined;
  const masked = second >= 0x80;
  const short = second & 0x7f;
  if ((role === 'server' && !masked) || (role === 'client' && masked) || (opcode >= 8 && short > 125)) return 1002;
  if (short === 127 && bytes[2]! >= 0x80) return 1002;
  const size = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
  if (bytes.length < size) return undefined;
  const length = short === 127 ? bytes.readBigUInt64BE(2) : BigInt(short === 126 ? bytes.readUInt16BE(2) : short);
  if ((short === 126 && length < 126n) || (short === 127 && length < 65536n)) return 1002;
  const payloadAt = size + (masked ? 4 : 0);
  if (bytes.length < payloadAt) return undefined;
  if (length > BigInt(maxFrameSize)) return 1009;
  const end = payloadAt + Number(length);
  return end <= bytes.length ? end : undefined;
}
