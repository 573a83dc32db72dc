import { constants, deflateRawSync } from 'node:zlib';
import { resolveDeflate } from '../../../src/protocol/deflate-options';
import { PerMessageDeflate } from '../../../src/protocol/permessage-deflate';
import type { Role } from '../../../src/protocol/role';
import { seededRandom } from '../support/chunks';
import { binary, close, continuation, type FrameSpec, frame, hex, ping, text } from '../support/frames';
import { said } from '../support/recorder';
import type { Chapter, ProtocolCase } from './protocol-case';

const mark = { rsv: 4 };
const begun = { rsv: 4, fin: false };

interface Terms {
  windowBits?: number;
  noContextTakeover?: boolean;
}

/** A connection on which both sides agreed on the same. */
function agreed({ windowBits = 15, noContextTakeover = false }: Terms = {}) {
  return (role: Role) =>
    new PerMessageDeflate(
      role,
      resolveDeflate('test()', role, true)!,
      {
        serverNoContextTakeover: noContextTakeover,
        clientNoContextTakeover: noContextTakeover,
        serverMaxWindowBits: windowBits,
        clientMaxWindowBits: windowBits,
      },
      'permessage-deflate',
    );
}

/** What a peer makes of it that has said `before` already. */
function compressed(payload: string | Uint8Array, before: string | Buffer = '', windowBits = 15): Buffer {
  const dictionary = Buffer.from(before as string);
  const options = { finishFlush: constants.Z_SYNC_FLUSH, windowBits, ...(dictionary.length > 0 && { dictionary }) };
  return deflateRawSync(payload, options).subarray(0, -4);
}

/** In frames of so many bytes. */
function cut(opcode: number, bytes: Buffer, size: number): FrameSpec[] {
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Array.from({ length: count }, (_, index) => {
    const piece = bytes.subarray(index * size, (index + 1) * size);
    return frame(index === 0 ? opcode : 0, piece, { fin: index === count - 1, rsv: index === 0 ? 4 : 0 });
  });
}

const story = 'The message that I sent before this message is the message that I refer to. ';
const random = seededRandom(7692);
const noiseOf = (length: number) => Buffer.from(Uint8Array.from({ length }, () => random(256)));
const noise = noiseOf(5000);

/** The story, and 32,000 bytes of noise behind it: as far back as zlib refers, which is 262 bytes short of 32 KiB. */
const fillers = Array.from({ length: 8 }, () => noiseOf(4000));
const farAway = Buffer.concat([Buffer.from(story), ...fillers]);
const far = [
  text(compressed(story), mark),
  ...fillers.map((filler, i) =>
    binary(compressed(filler, Buffer.concat([Buffer.from(story), ...fillers.slice(0, i)])), mark),
  ),
];
const notDeflate = 'violation InvalidPayloadError INVALID_DEFLATE 1007';
const reservedBits = said.protocolError('RESERVED_BITS');

const messages: ProtocolCase[] = [
  { says: 'a compressed text is inflated', receives: [text(compressed(story), mark)], hands: [said.text(story)] },
  {
    says: 'compressed bytes are inflated',
    receives: [binary(compressed(noise), mark)],
    hands: [said.binary(noise)],
  },
  ...[1, 2, 3, 7, 125, 126].map((size) => ({
    says: `a compressed message in frames of ${size} bytes is inflated as a whole`,
    receives: [...cut(1, compressed(story), size), ...cut(2, compressed(noise, story), size)],
    hands: [said.text(story), said.binary(noise)],
  })),
  {
    says: 'a message may refer to the compressed ones before it',
    receives: [
      text(compressed(story), mark),
      binary(compressed(story, story), mark),
      text(compressed(`${story}${story}`, story + story), mark),
    ],
    hands: [said.text(story), said.binary(Buffer.from(story)), said.text(story + story)],
  },
  {
    says: 'a message that was not compressed is not referred to',
    receives: [
      text(compressed('one '), mark),
      text('two '),
      text(compressed('one two one ', 'one '), mark),
      binary(noise),
      text(compressed('one two one ', 'one one two one '), mark),
    ],
    hands: [
      said.text('one '),
      said.text('two '),
      said.text('one two one '),
      said.binary(noise),
      said.text('one two one '),
    ],
  },
  {
    says: 'a reference reaches back over 32,000 bytes, in many messages or in one',
    receives: [
      ...far,
      text(compressed(story, farAway), mark),
      binary(compressed(farAway, Buffer.concat([farAway, Buffer.from(story)])), mark),
      text(compressed(story, farAway), mark),
    ],
    hands: [
      said.text(story),
      ...fillers.map((filler) => said.binary(filler)),
      said.text(story),
      said.binary(farAway),
      said.text(story),
    ],
  },
  {
    says: 'in a window of 512 bytes 200 bytes back are kept',
    receives: [
      binary(compressed(noise, '', 9), mark),
      binary(compressed(noise.subarray(-200), noise.subarray(-512), 9), mark),
    ],
    hands: [said.binary(noise), said.binary(noise.subarray(-200))],
    extension: agreed({ windowBits: 9 }),
  },
  {
    says: 'an empty message is one byte, or none',
    receives: [text(hex('00'), mark), binary('', mark), text(compressed(story), mark)],
    hands: [said.text(''), said.binary(Buffer.alloc(0)), said.text(story)],
  },
  {
    says: 'the mark may stand on an empty frame, and the last may be empty',
    receives: [
      text('', begun),
      continuation(compressed(story), { fin: false }),
      continuation(''),
      text('', begun),
      continuation(hex('00')),
    ],
    hands: [said.text(story), said.text('')],
  },
  {
    says: 'a last block with BFINAL ends its message and nothing else',
    receives: [
      text(Buffer.concat([deflateRawSync(story), hex('00')]), mark),
      text(deflateRawSync(story), mark),
      text(compressed(story, story + story), mark),
    ],
    hands: [said.text(story), said.text(story), said.text(story)],
  },
  {
    says: 'stored, fixed and dynamic blocks are inflated',
    receives: [0, 1, 9].flatMap((level) =>
      [constants.Z_FIXED, constants.Z_DEFAULT_STRATEGY].map((strategy) =>
        text(deflateRawSync(story, { level, strategy, finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4), mark),
      ),
    ),
    hands: Array.from({ length: 6 }, () => said.text(story)),
  },
  {
    says: 'control frames may stand between the frames of a compressed message',
    receives: [
      text(compressed(story).subarray(0, 5), begun),
      ping('alive?'),
      continuation(compressed(story).subarray(5, 6), { fin: false }),
      continuation(compressed(story).subarray(6)),
    ],
    hands: [said.ping('alive?'), said.text(story)],
  },
  {
    says: 'a close frame between the frames of a compressed message drops it',
    receives: [text(compressed(story).subarray(0, 5), begun), close(1000), continuation(compressed(story).subarray(5))],
    hands: [said.close(1000)],
  },
];

const violations: ProtocolCase[] = [
  {
    says: 'what was never said cannot be referred to',
    receives: [text(compressed(story, story), mark), text('after')],
    hands: [notDeflate],
  },
  {
    says: 'nor what was said before, where that was agreed away',
    receives: [text(compressed(story), mark), text(compressed(story, story), mark)],
    hands: [said.text(story), notDeflate],
    extension: agreed({ noContextTakeover: true }),
  },
  { says: 'bytes that are no DEFLATE are refused', receives: [binary(hex('ffffffff'), mark)], hands: [notDeflate] },
  {
    says: 'a message that ends in the middle of a block is refused',
    receives: [text(compressed(story).subarray(0, -9), mark)],
    hands: [notDeflate],
  },
  {
    says: 'text must be UTF-8 when it is inflated',
    receives: [text(compressed('fine'), mark), text(compressed(hex('68ff'), 'fine'), mark)],
    hands: [said.text('fine'), said.invalidUtf8],
  },
  {
    says: 'a character may not be cut by the end of a compressed text',
    receives: [text(compressed(hex('68c3')), mark), text(compressed(hex('a9')), mark)],
    hands: [said.invalidUtf8],
  },
  {
    says: 'a message exactly as long as maxMessageSize passes, one byte more is refused',
    receives: [text(compressed('x'.repeat(100)), mark), text(compressed('x'.repeat(101), 'x'.repeat(100)), mark)],
    hands: [said.text('x'.repeat(100)), said.tooBig()],
    limits: { maxMessageSize: 100 },
  },
  {
    says: 'a bomb is refused',
    receives: [binary(compressed(Buffer.alloc(4 * 1024 * 1024)), mark)],
    hands: [said.tooBig()],
    limits: { maxMessageSize: 100_000 },
  },
  {
    says: 'fragments of a compressed message count as all others',
    receives: cut(1, compressed(story), 4),
    hands: [said.tooBig('TOO_MANY_FRAGMENTS')],
    limits: { maxFragments: 3 },
  },
  {
    says: 'RSV1 stands on no later frame',
    receives: [text(compressed(story).subarray(0, 5), begun), continuation(compressed(story).subarray(5), mark)],
    hands: [reservedBits],
  },
  { says: 'RSV1 stands on no ping', receives: [ping('', mark)], hands: [reservedBits] },
  { says: 'RSV1 stands on no close frame', receives: [close(1000, '', mark)], hands: [reservedBits] },
  { says: 'RSV2 means nothing', receives: [text(compressed(story), { rsv: 6 })], hands: [reservedBits] },
  { says: 'RSV3 means nothing', receives: [text(compressed(story), { rsv: 5 })], hands: [reservedBits] },
  {
    says: 'a compressed message is not interleaved with another',
    receives: [text(compressed(story).subarray(0, 5), begun), text(compressed(story), mark)],
    hands: [said.protocolError('INTERLEAVED_MESSAGE')],
  },
];

export const deflate: Chapter = {
  title: 'RFC 7692: permessage-deflate',
  cases: [...messages, ...violations].map((each) => ({ extension: agreed(), ...each })),
};
