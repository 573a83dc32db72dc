import { expect } from 'chai';
import { InvalidPayloadError, type WebSocketError } from '../../src/protocol/errors';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import type { DecoderLimits } from '../../src/protocol/message-limits';
import { PieceDecoder } from '../../src/protocol/piece-decoder';
import type { Role } from '../../src/protocol/role';
import { heldBytes } from '../support/collect-garbage';
import { chunkings, seededRandom } from './support/chunks';
import { errorOf } from './support/error-of';
import { binary, continuation, encode, encodeAll, type FrameSpec, fragments, ping, text } from './support/frames';
import { Recorder, said } from './support/recorder';

const roles: readonly Role[] = ['server', 'client'];
const defaults: DecoderLimits = { maxMessageSize: 1024 * 1024, maxFragments: 131_072 };

/** Asks for every message in pieces, joins them, and writes down where each ended. */
class Joiner extends Recorder {
  readonly pieces: Array<string | Buffer> = [];
  most = 0;
  readonly decoder: MessageDecoder;
  private open: Array<string | Buffer> = [];

  constructor(
    role: Role,
    private readonly limit = 1024 * 1024,
    limits: Partial<DecoderLimits> = {},
  ) {
    super();
    this.decoder = new MessageDecoder(role, { ...defaults, ...limits }, this);
    this.decoder.readPieces(limit);
  }

  receivedPiece(data: string | Buffer, isLast: boolean): void {
    if (data.length === 0 && !isLast) throw new Error('an empty piece that is not the last');
    this.pieces.push(data);
    this.most = Math.max(this.most, data.length);
    this.open.push(data);
    if (isLast) this.whole();
  }

  override receivedMessage(data: string | Buffer, isBinary: boolean): void {
    if (this.open.length > 0) throw new Error('a whole message behind pieces of one');
    super.receivedMessage(data, isBinary);
    this.decoder.readPieces(this.limit);
  }

  private whole(): void {
    const [first] = this.open;
    const all = this.open;
    this.open = [];
    if (typeof first === 'string') this.lines.push(said.text(all.join('')));
    else this.lines.push(said.binary(Buffer.concat(all as Buffer[])));
    this.decoder.readPieces(this.limit);
  }

  receivedTooLarge(): boolean {
    throw new Error('a message that is read in pieces does not wait');
  }
}

function joined(specs: FrameSpec[], role: Role, cut: (input: Buffer) => Buffer[], joiner = new Joiner(role)): Joiner {
  for (const chunk of cut(encodeAll(specs, role))) joiner.decoder.write(chunk);
  return joiner;
}

describe('PieceDecoder', () => {
  it('keeps what the end of a piece cut off of a character, and gives it with the next', () => {
    const pieces = new PieceDecoder(100);
    const bytes = Buffer.from('aé€😀z');
    const texts = Array.from(bytes, (byte, i) => pieces.text(Buffer.of(byte), i === bytes.length - 1));
    expect(texts).to.deep.equal(['a', '', 'é', '', '', '€', '', '', '', '😀', 'z']);
  });

  it('refuses the first byte that cannot be, and a message that ends inside of a character', () => {
    const pieces = new PieceDecoder(100);
    pieces.text(Buffer.from([0xf0, 0x9f]), false);
    errorOf(InvalidPayloadError, () => pieces.text(Buffer.from([0x41]), false));
    errorOf(InvalidPayloadError, () => new PieceDecoder(100).text(Buffer.from([0x41, 0xc3]), true));
  });
});

describe('MessageDecoder, asked for pieces', () => {
  const specs = [
    text('short'),
    binary('short'),
    text(''),
    binary(''),
    ...fragments(1, 'ä', '', 'öü'.repeat(100), ''),
    text('€'.repeat(5000)),
    ping('p'),
    ...fragments(2, Buffer.alloc(3000, 'abc'), Buffer.alloc(70_000, 'xyz')),
    ...fragments(1, '', '', ''),
    ...fragments(1, Buffer.from([0xf0]), Buffer.from([0x9f, 0x98]), Buffer.from([0x80])),
    text('end'),
  ];
  const all = [
    said.text('short'),
    said.binary(Buffer.from('short')),
    said.text(''),
    said.binary(Buffer.alloc(0)),
    said.text(`ä${'öü'.repeat(100)}`),
    said.text('€'.repeat(5000)),
    said.ping('p'),
    said.binary(Buffer.concat([Buffer.alloc(3000, 'abc'), Buffer.alloc(70_000, 'xyz')])),
    said.text(''),
    said.text('😀'),
    said.text('end'),
  ];

  for (const role of roles) {
    for (const { name, cut } of chunkings) {
      it(`gives every message in pieces, as a ${role}, ${name}`, () => {
        expect(joined(specs, role, cut).lines).to.deep.equal(all);
      });
    }

    it(`answers control frames between the fragments, as a ${role}`, () => {
      const [first, last] = fragments(1, 'a', 'b') as [FrameSpec, FrameSpec];
      const { lines } = joined(
        [first, ping('1'), continuation('x', { fin: false }), ping('2'), last],
        role,
        (input) => [input],
      );
      expect(lines).to.deep.equal([said.ping('1'), said.ping('2'), said.text('axb')]);
    });

    it(`keeps nothing of a message: 64 MiB pass in pieces of a chunk, as a ${role}`, () => {
      const joiner = new (class extends Recorder {
        bytes = 0;
        most = 0;
        receivedPiece(data: string | Buffer): void {
          this.bytes += data.length;
          this.most = Math.max(this.most, data.length);
        }
      })();
      const decoder = new MessageDecoder(role, defaults, joiner);
      decoder.readPieces(64 * 1024 * 1024);
      const fragment = Buffer.alloc(64 * 1024, 'x');
      const before = heldBytes();
      for (let i = 0; i < 1024; i++) {
        decoder.write(
          encode(i === 0 ? binary(fragment, { fin: false }) : continuation(fragment, { fin: i === 1023 }), role),
        );
      }
      expect(joiner.bytes).to.equal(64 * 1024 * 1024);
      expect(joiner.most).to.be.at.most(64 * 1024);
      expect(joiner.lines).to.deep.equal([]);
      expect(heldBytes() - before).to.be.below(1024 * 1024);
    });
  }

  it('gives the same for random messages in random pieces', () => {
    const random = seededRandom(20_261);
    for (let round = 0; round < 40; round++) {
      const messages = Array.from({ length: 4 }, () => '€ab😀é'.repeat(random(200)));
      const input = messages.flatMap((message) => {
        const bytes = Buffer.from(message);
        const parts: Buffer[] = [];
        for (let at = 0; at < bytes.length || parts.length === 0; ) {
          const next = Math.min(bytes.length, at + 1 + random(300));
          parts.push(bytes.subarray(at, next));
          at = next;
        }
        return fragments(1, ...parts);
      });
      for (const { name, cut } of chunkings.slice(2)) {
        expect(joined(input, 'server', cut).lines, `round ${round}, ${name}`).to.deep.equal(messages.map(said.text));
      }
    }
  });

  it('goes by the limit of the pieces, not by maxMessageSize, from the header on', () => {
    const whole = (input: Buffer) => [input];
    const large = () => new Joiner('server', 1000, { maxMessageSize: 10 });
    expect(joined([text('x'.repeat(1000))], 'server', whole, large()).lines).to.deep.equal([
      said.text('x'.repeat(1000)),
    ]);
    for (const input of [
      [binary('x', { claims: 1001, cutTo: 8 })],
      fragments(2, 'x'.repeat(600), 'x'.repeat(401)),
      [binary('x'.repeat(600), { fin: false }), continuation('', { claims: 2 ** 40, cutTo: 14 })],
    ]) {
      const joiner = joined(input, 'server', whole, large());
      expect(joiner.violation).to.have.property('code', 'MESSAGE_TOO_BIG');
      expect(joiner.violation!.message).to.match(/larger than the maxMessageSize of pieces\(\) \(1000 bytes\)/);
    }
  });

  it('goes by maxFragments', () => {
    const joiner = new Joiner('server', 1000, { maxFragments: 3 });
    joined(fragments(2, '', '', '', ''), 'server', (input) => [input], joiner);
    expect(joiner.violation).to.have.property('code', 'TOO_MANY_FRAGMENTS');
  });

  it('refuses text at its first wrong byte, in the middle of a frame', () => {
    const joiner = new Joiner('server');
    const bytes = encode(text(Buffer.from([0x61, 0xc3, 0x28, 0x62])), 'server');
    joiner.decoder.write(Buffer.from(bytes.subarray(0, 8)));
    expect(joiner.lines).to.deep.equal([]);
    joiner.decoder.write(Buffer.from(bytes.subarray(8, 9)));
    expect(joiner.lines).to.deep.equal([said.invalidUtf8]);
    expect(joiner.pieces).to.deep.equal(['a']);
  });

  it('hands over a message in progress from what has come of it', () => {
    for (const kind of [text, binary]) {
      const recorder = new (class extends Recorder {
        receivedPiece(data: string | Buffer, isLast: boolean): void {
          this.lines.push(`${Buffer.from(data as string)}${isLast ? '.' : ''}`);
        }
      })();
      const decoder = new MessageDecoder('server', { ...defaults, maxMessageSize: 8 }, recorder);
      decoder.write(encode(kind('abc', { fin: false }), 'server'));
      const rest = encodeAll([continuation('defgh', { fin: false }), continuation('ijk'), kind('whole')], 'server');
      decoder.write(Buffer.from(rest.subarray(0, 7)));
      decoder.readPieces(11);
      decoder.write(Buffer.from(rest.subarray(7)));
      const whole = kind === text ? said.text('whole') : said.binary(Buffer.from('whole'));
      expect(recorder.lines).to.deep.equal(['abcd', 'efgh', 'ijk.', whole]);
    }
  });

  it('gives no piece where nothing has come of a message but the beginning of a character', () => {
    const recorder = new (class extends Recorder {
      receivedPiece(data: string | Buffer, isLast: boolean): void {
        this.lines.push(`${data}${isLast ? '.' : ''}`);
      }
    })();
    const decoder = new MessageDecoder('server', defaults, recorder);
    const [begin, end] = fragments(1, Buffer.from([0xe2, 0x82]), Buffer.from([0xac]));
    decoder.write(encode(begin!, 'server'));
    decoder.readPieces(100);
    expect(recorder.lines).to.deep.equal([]);
    decoder.write(encode(end!, 'server'));
    expect(recorder.lines).to.deep.equal(['€.']);
  });

  it('fails where what has come and what is announced is already more than the pieces may have', () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder('server', defaults, recorder);
    decoder.write(encode(binary('x'.repeat(500), { cutTo: 20 }), 'server'));
    decoder.readPieces(499);
    expect(recorder.lines).to.deep.equal([said.tooBig()]);
    decoder.readPieces(5);
    expect(recorder.lines).to.have.length(1);
  });

  it('can be told otherwise until the message begins', () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder('server', defaults, recorder);
    decoder.readPieces(1);
    decoder.readWhole();
    decoder.write(encodeAll([text('whole'), ...fragments(1, 'as', 'ever')], 'server'));
    expect(recorder.lines).to.deep.equal([said.text('whole'), said.text('asever')]);
  });

  it('stops where it is paused, in the middle of a message', () => {
    const recorder = new (class extends Recorder {
      receivedPiece(data: string | Buffer): void {
        this.lines.push(String(data));
        decoder.pause();
      }
    })();
    const decoder: MessageDecoder = new MessageDecoder('server', defaults, recorder);
    decoder.readPieces(100);
    decoder.write(encodeAll(fragments(1, 'ab', 'cd', 'ef'), 'server'));
    expect(recorder.lines).to.deep.equal(['ab']);
    decoder.resume();
    expect(recorder.lines).to.deep.equal(['ab', 'cd']);
    decoder.resume();
    expect(recorder.lines).to.deep.equal(['ab', 'cd', 'ef']);
  });
});

describe('MessageDecoder, before a message that is too large', () => {
  /** Decides, when it is asked, as the test says. */
  class Undecided extends Recorder {
    waits = true;
    asked = 0;
    receivedPiece(data: string | Buffer, isLast: boolean): void {
      this.lines.push(`piece ${data.length}${isLast ? ' last' : ''}`);
    }
    receivedTooLarge(): boolean {
      this.asked++;
      return this.waits;
    }
  }

  const inputs: Array<[string, FrameSpec[], string[]]> = [
    ['in one frame', [text('x'.repeat(20)), text('next')], [said.text('x'.repeat(20)), said.text('next')]],
    [
      'in fragments',
      [...fragments(1, 'x'.repeat(9), 'y'.repeat(11)), text('next')],
      ['piece 9', 'piece 11 last', said.text('next')],
    ],
  ];
  for (const [name, specs, inPieces] of inputs) {
    for (const role of roles) {
      it(`waits where it may still be read in pieces, and then is: ${name}, as a ${role}`, () => {
        const sink = new Undecided();
        const decoder = new MessageDecoder(role, { ...defaults, maxMessageSize: 10 }, sink);
        decoder.write(encodeAll(specs, role));
        decoder.resume();
        expect(sink.lines).to.deep.equal([]);
        expect(sink.asked).to.equal(2);
        decoder.readPieces(100);
        decoder.resume();
        expect(sink.lines).to.deep.equal(inPieces);
      });

      it(`fails when it is known that it is not: ${name}, as a ${role}`, () => {
        const sink = new Undecided();
        const decoder = new MessageDecoder(role, { ...defaults, maxMessageSize: 10 }, sink);
        decoder.write(encodeAll(specs, role));
        sink.waits = false;
        decoder.resume();
        expect(sink.lines).to.deep.equal([said.tooBig()]);
        const { message } = sink.violation as WebSocketError;
        expect(message).to.equal('A message of at least 20 bytes is larger than maxMessageSize (10 bytes)');
      });
    }
  }
});
