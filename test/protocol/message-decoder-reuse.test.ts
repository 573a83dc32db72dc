import { expect } from 'chai';
import type { ClosePayload } from '../../src/protocol/close-payload';
import type { WebSocketError } from '../../src/protocol/errors';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import type { DecoderLimits } from '../../src/protocol/message-limits';
import type { Role } from '../../src/protocol/role';
import { agreedExtensions, deflateSettings } from '../support/deflate-pair';
import { seededRandom } from './support/chunks';
import { binary, close, encodeAll, fragments, ping, pong, text } from './support/frames';
import { Recorder, said } from './support/recorder';

const roles: readonly Role[] = ['server', 'client'];
const defaults: DecoderLimits = { maxMessageSize: 1024 * 1024, maxFragments: 131_072 };

/** Keeps what it is given, looks at it only when all is over, and joins pieces. Calls back with how much it has. */
class Keeper extends Recorder {
  private readonly kept: Array<() => string> = [];
  private pieces: Array<string | Buffer> = [];

  constructor(private readonly heard: (count: number) => void = () => {}) {
    super();
  }

  said(): string[] {
    return this.kept.map((line) => line());
  }

  override receivedMessage(data: string | Buffer): void {
    this.keep(() => (typeof data === 'string' ? said.text(data) : said.binary(data)));
  }

  override receivedPing(payload: Buffer): void {
    this.keep(() => said.ping(payload));
  }

  override receivedPong(payload: Buffer): void {
    this.keep(() => said.pong(payload));
  }

  override receivedClose({ code, reason }: ClosePayload): void {
    this.keep(() => said.close(code, reason));
  }

  override receivedViolation(error: WebSocketError): void {
    this.keep(() => `violation ${error.message}`);
  }

  receivedPiece(piece: string | Buffer, isLast: boolean): void {
    this.pieces.push(piece);
    if (!isLast) return;
    const { pieces } = this;
    this.pieces = [];
    const isText = typeof pieces[0] === 'string';
    this.keep(() => (isText ? said.text(pieces.join('')) : said.binary(Buffer.concat(pieces as Buffer[]))));
  }

  private keep(line: () => string): void {
    this.kept.push(line);
    this.heard(this.kept.length);
  }
}

for (const role of roles) {
  describe(`MessageDecoder, as a ${role}, out of a buffer that is read into again and again`, () => {
    const specs = [
      text('a'),
      text('b'.repeat(125)),
      text('é€😀'),
      ping('ping'),
      text('c'),
      binary('small'),
      binary(Buffer.alloc(300, 7)),
      text('c'.repeat(126)),
      pong('pong'),
      ...fragments(1, 'one ', '€', ' three'),
      ...fragments(2, Buffer.alloc(200, 1), '', Buffer.alloc(3000, 2)),
      text(''),
      text('d'),
      binary(Buffer.alloc(20_000, 3)),
      ping('p'.repeat(125)),
      text('€'.repeat(2000)),
      text('e'),
      close(1000, 'bye'),
    ];
    const input = encodeAll(specs, role);

    /** Reads `input` into one buffer, pieces of random size, which is full of garbage whenever the decoder is back. */
    function readInto(buffer: Buffer, decoder: MessageDecoder, random: (below: number) => number, between = () => {}) {
      for (let at = 0; at < input.length; ) {
        const most = random(4) === 0 ? input.length : 1 + random(400);
        const length = Math.min(1 + random(most), input.length - at, buffer.length);
        input.copy(buffer, 0, at, at + length);
        decoder.write(buffer, length);
        // Looks like a short text, so that a byte of it that is decoded is seen.
        buffer.fill(0x81);
        at += length;
        between();
      }
    }

    const wanted = feedAll();
    function feedAll(): string[] {
      const kept = new Keeper();
      new MessageDecoder(role, defaults, kept).write(Buffer.from(input));
      return kept.said();
    }

    it('what it has handed over stays as it was', () => {
      expect(wanted).to.have.length(18);
      const random = seededRandom(4711);
      for (let round = 0; round < 60; round++) {
        const kept = new Keeper();
        readInto(Buffer.allocUnsafeSlow(65_536), new MessageDecoder(role, defaults, kept), random);
        expect(kept.said(), `round ${round}`).to.deep.equal(wanted);
      }
    });

    it('so does what it keeps while it is paused, and when it is paused and resumed from inside', () => {
      const random = seededRandom(815);
      for (let round = 0; round < 60; round++) {
        const kept: Keeper = new Keeper(() => {
          if (random(3) === 0) decoder.pause();
          if (random(5) === 0) decoder.resume();
        });
        const decoder: MessageDecoder = new MessageDecoder(role, defaults, kept);
        readInto(Buffer.allocUnsafeSlow(65_536), decoder, random, () => {
          if (random(2) === 0) decoder.resume();
        });
        for (let i = 0; i < specs.length; i++) decoder.resume();
        expect(kept.said(), `round ${round}`).to.deep.equal(wanted);
      }
    });

    it('so do pieces, and what is kept between them', () => {
      const random = seededRandom(99);
      for (let round = 0; round < 60; round++) {
        const kept: Keeper = new Keeper(() => {
          if (random(2) === 0) decoder.readPieces(100_000);
        });
        const decoder: MessageDecoder = new MessageDecoder(role, defaults, kept);
        readInto(Buffer.allocUnsafeSlow(65_536), decoder, random);
        expect(kept.said(), `round ${round}`).to.deep.equal(wanted);
      }
    });

    it('so does what is written from inside of a message', () => {
      const own = encodeAll([text('x'), binary('y'), ping('z')], role);
      const kept: Keeper = new Keeper((count) => {
        if (count !== 2) return;
        const other = Buffer.from(own);
        decoder.write(other);
        other.fill(0x81);
      });
      const decoder: MessageDecoder = new MessageDecoder(role, defaults, kept);
      const first = encodeAll([text('a'), text('b'), text('c')], role);
      decoder.write(first);
      first.fill(0x81);
      const all = [said.text('a'), said.text('b'), said.text('c'), said.text('x')];
      expect(kept.said()).to.deep.equal([...all, said.binary(Buffer.from('y')), said.ping('z')]);
    });
  });
}

describe('MessageDecoder with an extension, out of a buffer that is read into again and again', () => {
  for (const role of roles) {
    it(`keeps what it has inflated, and what later messages refer to, as a ${role}`, () => {
      const random = seededRandom(1729);
      const ends = agreedExtensions(deflateSettings());
      const [sender, receiver] = role === 'server' ? [ends.client, ends.server] : [ends.server, ends.client];
      const kept = new Keeper();
      const decoder = new MessageDecoder(role, defaults, kept, receiver);
      const wanted: string[] = [];
      const buffer = Buffer.allocUnsafeSlow(65_536);
      for (let i = 0; i < 200; i++) {
        const noise = Buffer.from(Array.from({ length: random(400) }, () => random(256)));
        const isText = random(2) === 0;
        const bytes = isText ? Buffer.from(`${i} again and again é `.repeat(random(30))) : noise;
        wanted.push(isText ? said.text(bytes.toString()) : said.binary(bytes));
        const encoded = sender.encode(bytes, true, true);
        const spec = (isText ? text : binary)(encoded ?? bytes, { rsv: encoded === null ? 0 : 4 });
        const frame = encodeAll([spec], role);
        for (let at = 0; at < frame.length; ) {
          const length = Math.min(frame.length - at, 1 + random(2000));
          frame.copy(buffer, 0, at, at + length);
          decoder.write(buffer, length);
          buffer.fill(0x81);
          at += length;
        }
      }
      expect(kept.said()).to.deep.equal(wanted);
    });
  }
});
