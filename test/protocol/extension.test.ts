import { expect } from 'chai';
import { InvalidPayloadError, MessageTooBigError } from '../../src/protocol/errors';
import type { MessageExtension } from '../../src/protocol/extension';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import { chunkings } from './support/chunks';
import { binary, continuation, encodeAll, type FrameSpec, ping, pong, text } from './support/frames';
import { Recorder, said } from './support/recorder';

const rsv1 = { rsv: 4 };

/** Turns every bit round, and marks such messages with RSV1. A message that begins with '2' comes out twice. */
class Inversion implements MessageExtension {
  readonly description = 'x-inversion';
  readonly reservedBits = 0x40;
  readonly shared = null;
  readonly effort = 0;
  readonly limits: number[] = [];

  decode(payload: Buffer, limit: number): Buffer {
    this.limits.push(limit);
    const inverted = inverse(payload);
    const decoded = inverted[0] === 0x32 ? Buffer.concat([inverted, inverted]) : inverted;
    if (decoded.length > limit) throw new MessageTooBigError('Too big once decoded', { code: 'MESSAGE_TOO_BIG' });
    return decoded;
  }

  encode(payload: string | Uint8Array): Buffer {
    return inverse(Buffer.from(payload));
  }

  sentShared(): void {
    throw new Error('It shares nothing');
  }
}

function inverse(bytes: string | Uint8Array): Buffer {
  return Buffer.from(Buffer.from(bytes).map((byte) => byte ^ 0xff));
}

interface ExtensionCase {
  says: string;
  receives: FrameSpec[];
  hands: string[];
  maxMessageSize?: number;
}

const reservedBits = said.protocolError('RESERVED_BITS');

const cases: ExtensionCase[] = [
  {
    says: 'a marked text message is decoded',
    receives: [text(inverse('Grün'), rsv1)],
    hands: [said.text('Grün')],
  },
  {
    says: 'a marked binary message is decoded',
    receives: [binary(inverse('bytes'), rsv1)],
    hands: [said.binary(Buffer.from('bytes'))],
  },
  {
    says: 'a marked message of 70,000 bytes is decoded',
    receives: [text(inverse('x'.repeat(70_000)), rsv1)],
    hands: [said.text('x'.repeat(70_000))],
  },
  { says: 'a marked message may be empty', receives: [text('', rsv1)], hands: [said.text('')] },
  {
    says: 'an unmarked message is left as it is',
    receives: [text('plain'), binary(Buffer.alloc(200, 5))],
    hands: [said.text('plain'), said.binary(Buffer.alloc(200, 5))],
  },
  {
    says: 'marked and unmarked messages take turns',
    receives: [text(inverse('1'), rsv1), text('2'), binary(inverse('3'), rsv1), binary('4')],
    hands: [said.text('1'), said.text('2'), said.binary(Buffer.from('3')), said.binary(Buffer.from('4'))],
  },
  {
    says: 'only the first fragment of a message is marked, and the whole is decoded',
    receives: [
      text(inverse('Hel'), { ...rsv1, fin: false }),
      ping('between'),
      continuation('', { fin: false }),
      continuation(inverse('lo')),
    ],
    hands: [said.ping('between'), said.text('Hello')],
  },
  {
    says: 'the mark may stand on an empty first fragment',
    receives: [binary('', { ...rsv1, fin: false }), continuation(inverse('Hello'))],
    hands: [said.binary(Buffer.from('Hello'))],
  },
  {
    says: 'a fragmented message without the mark is left as it is, also after one with it',
    receives: [
      text(inverse('a'), { ...rsv1, fin: false }),
      continuation(inverse('b')),
      text('c', { fin: false }),
      continuation('d'),
    ],
    hands: [said.text('ab'), said.text('cd')],
  },
  {
    says: 'what is on the wire of a marked text need not be UTF-8',
    receives: [text(inverse('abc'), { ...rsv1, fin: false }), continuation(inverse('€'))],
    hands: [said.text('abc€')],
  },
  {
    says: 'what comes out of it must be UTF-8',
    receives: [text('these letters turned round are no text', rsv1)],
    hands: [said.invalidUtf8],
  },
  {
    says: 'a continuation with the mark is refused',
    receives: [text(inverse('Hel'), { ...rsv1, fin: false }), continuation(inverse('lo'), rsv1)],
    hands: [reservedBits],
  },
  {
    says: 'a continuation with the mark is refused in an unmarked message, too',
    receives: [text('Hel', { fin: false }), continuation(inverse('lo'), rsv1)],
    hands: [reservedBits],
  },
  { says: 'a ping with the mark is refused', receives: [ping('', rsv1)], hands: [reservedBits] },
  { says: 'a pong with the mark is refused', receives: [pong('', rsv1)], hands: [reservedBits] },
  { says: 'RSV2 is refused', receives: [text('', { rsv: 2 })], hands: [reservedBits] },
  { says: 'RSV3 is refused', receives: [text('', { rsv: 1 })], hands: [reservedBits] },
  { says: 'RSV1 together with RSV2 is refused', receives: [text('', { rsv: 6 })], hands: [reservedBits] },
  {
    says: 'a marked message is refused at its header where its frames alone are too long for anything legal',
    receives: [text('', { ...rsv1, claims: 10 + 1 + 1024 + 1 })],
    hands: [said.tooBig()],
    maxMessageSize: 10,
  },
  {
    says: 'a marked message that is too long only when it is decoded is refused',
    receives: [text(inverse('1234567890'), rsv1), text(inverse('23456'), rsv1), text(inverse('234567'), rsv1)],
    hands: [said.text('1234567890'), said.text('2345623456'), said.tooBig()],
    maxMessageSize: 10,
  },
];

describe('MessageExtension', () => {
  for (const { says, receives, hands, maxMessageSize = 100_000 } of cases) {
    it(says, () => {
      for (const role of ['server', 'client'] as const) {
        const input = encodeAll(receives, role);
        for (const { name, cut } of chunkings) {
          const recorder = new Recorder();
          const extension = new Inversion();
          const decoder = new MessageDecoder(role, { maxMessageSize, maxFragments: 10 }, recorder, extension);
          for (const chunk of cut(input)) decoder.write(chunk);
          expect(recorder.lines, `${role}, ${name}`).to.deep.equal(hands);
          for (const limit of extension.limits) expect(limit).to.equal(maxMessageSize);
        }
      }
    });
  }

  it('an error of this package that it throws is a violation of the peer', () => {
    const recorder = new Recorder();
    const extension = new Inversion();
    extension.decode = () => {
      throw new InvalidPayloadError('These are no deflated bytes');
    };
    const decoder = new MessageDecoder('server', { maxMessageSize: 10, maxFragments: 10 }, recorder, extension);
    decoder.write(encodeAll([text('', rsv1), text('after')], 'server'));
    expect(recorder.lines).to.deep.equal([said.invalidUtf8]);
    expect(recorder.violation?.message).to.equal('These are no deflated bytes');
  });

  it('without it, the mark is refused', () => {
    const recorder = new Recorder();
    new MessageDecoder('server', { maxMessageSize: 10, maxFragments: 10 }, recorder).write(
      encodeAll([text('', rsv1)], 'server'),
    );
    expect(recorder.lines).to.deep.equal([reservedBits]);
  });
});
