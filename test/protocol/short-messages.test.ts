import { expect } from 'chai';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import type { DecoderLimits } from '../../src/protocol/message-limits';
import { isShortMessage, readShortBinary, shortMessageEnd, unmaskShortTexts } from '../../src/protocol/short-messages';
import { cutAt, seededRandom } from './support/chunks';
import { binary, continuation, encode, encodeAll, type FrameSpec, fragments, ping, text } from './support/frames';
import { Recorder, said } from './support/recorder';

const defaults: DecoderLimits = { maxMessageSize: 1024 * 1024, maxFragments: 131_072 };

/** Its handler does something to the decoder at a certain message. */
class Meddler extends Recorder {
  constructor(private readonly meddle: (data: string | Buffer) => void) {
    super();
  }

  override receivedMessage(data: string | Buffer, isBinary: boolean): void {
    super.receivedMessage(data, isBinary);
    this.meddle(data);
  }
}

describe('unmaskShortTexts', () => {
  const until = (specs: FrameSpec[], limit = 125) => {
    const bytes = encodeAll(specs, 'server');
    return unmaskShortTexts(bytes, 0, bytes.length, limit);
  };
  const size = (...specs: FrameSpec[]) => encodeAll(specs, 'server').length;

  it('unmasks those that lie behind one another, and leaves frames that mean the same', () => {
    const bytes = encodeAll([text('one'), text(''), text('three'), binary('four')], 'server');
    const end = unmaskShortTexts(bytes, 0, bytes.length, 125);
    expect(end).to.equal(size(text('one'), text(''), text('three')));
    const unmasked = [text('one'), text(''), text('three')].map((spec) => ({ ...spec, key: [0, 0, 0, 0] as const }));
    expect(bytes.subarray(0, end).equals(encodeAll(unmasked, 'server'))).to.equal(true);
    expect(bytes.subarray(end).equals(encode(binary('four'), 'server'))).to.equal(true);
    expect(unmaskShortTexts(bytes, 0, bytes.length, 125)).to.equal(end);
    expect(shortMessageEnd(bytes, 0)).to.equal(9);
  });

  const first = text('first');
  const stops: Array<[string, FrameSpec]> = [
    ['one that is not ASCII', text('é')],
    ['one that is not ASCII at its end only', text('aaaaa\u0080')],
    ['one that is too long', text('x'.repeat(126))],
    ['binary', binary('x')],
    ['a ping', ping('x')],
    ['a fragment', text('x', { fin: false })],
    ['a continuation', continuation('x')],
    ['a reserved bit', text('x', { rsv: 4 })],
    ['one that is not masked', text('x', { wronglyMasked: true })],
    ['a header cut short', text('x', { cutTo: 5 })],
    ['a payload cut short', text('xyz', { cutTo: 8 })],
    ['one of a wrong length', text('x', { lengthBytes: 2 })],
  ];
  for (const [name, spec] of stops) {
    it(`stops before ${name}`, () => {
      expect(until([first, spec])).to.equal(size(first));
      expect(until([spec, first])).to.equal(0);
    });
  }

  it('goes by the limit', () => {
    expect(until([text('abc'), text('abcd'), text('abc')], 3)).to.equal(9);
    expect(until([text('')], -1)).to.equal(0);
    expect(until([text('')], 0)).to.equal(6);
  });

  it('does not look behind the end', () => {
    const bytes = encodeAll([text('one'), text('two')], 'server');
    for (let end = 0; end < 9; end++) expect(unmaskShortTexts(Buffer.from(bytes), 0, end, 125)).to.equal(0);
    for (let end = 9; end < 18; end++) expect(unmaskShortTexts(Buffer.from(bytes), 0, end, 125)).to.equal(9);
  });

  it('takes a few hundred bytes at most, as each message keeps the others alive', () => {
    expect(until(Array.from({ length: 100 }, () => text('x'.repeat(50))))).to.be.within(400, 700);
  });
});

describe('readShortBinary', () => {
  it('unmasks a copy, and leaves the frame as it was', () => {
    for (const length of [0, 1, 2, 3, 4, 5, 124, 125]) {
      const payload = Buffer.from(Array.from({ length }, (_, i) => 255 - i));
      const bytes = Buffer.concat([encode(ping('before'), 'server'), encode(binary(payload), 'server')]);
      const original = Buffer.from(bytes);
      const at = bytes.length - length - 6;
      const message = readShortBinary(bytes, at);
      expect(bytes.equals(original)).to.equal(true);
      expect(shortMessageEnd(bytes, at)).to.equal(bytes.length);
      bytes.fill(0xff);
      expect(message.equals(payload)).to.equal(true);
    }
  });
});

describe('isShortMessage', () => {
  const isShort = (spec: FrameSpec, limit = 125) => {
    const bytes = encode(spec, 'server');
    return isShortMessage(bytes, 0, bytes.length, limit);
  };

  it('is true of what is whole, masked and within the limit', () => {
    const bytes = encode(binary('abc'), 'server');
    for (let end = 0; end < bytes.length; end++) expect(isShortMessage(bytes, 0, end, 125)).to.equal(false);
    expect(isShort(binary('x', { wronglyMasked: true }))).to.equal(false);
    expect(isShort(binary('x'.repeat(126)))).to.equal(false);
    expect(isShort(binary('x', { lengthBytes: 2 }))).to.equal(false);
    expect(isShort(binary('abc'), 3)).to.equal(true);
    expect(isShort(binary('abc'), 2)).to.equal(false);
    expect(isShort(binary(''), -1)).to.equal(false);
  });
});

describe('MessageDecoder, short texts behind each other', () => {
  it('gives the same as one by one, whatever is among them and wherever they are cut', () => {
    const random = seededRandom(31_337);
    const letters = ['a', 'b', ' ', '~', '\0', '\x7f', 'é', '€', '😀'];
    const word = (length: number, ascii: boolean) =>
      Array.from({ length }, () => letters[random(ascii ? 6 : letters.length)]).join('');
    for (let round = 0; round < 200; round++) {
      const wanted: string[] = [];
      const specs: FrameSpec[] = [];
      for (let i = 0; i < 1 + random(60); i++) {
        const key = [random(256), random(256), random(256), random(256)] as const;
        const payload = word(random(8) === 0 ? 120 + random(12) : random(20), random(6) !== 0);
        const kind = random(12);
        if (kind === 0) specs.push(ping(payload.slice(0, 30), { key }));
        else if (kind === 1) specs.push(binary(payload, { key }));
        else if (kind === 2) specs.push(...fragments(1, payload, payload));
        else specs.push(text(payload, { key }));
        if (kind === 0) wanted.push(said.ping(payload.slice(0, 30)));
        else if (kind === 1) wanted.push(said.binary(Buffer.from(payload)));
        else wanted.push(said.text(kind === 2 ? payload + payload : payload));
      }
      const input = encodeAll(specs, 'server');
      const places = Array.from({ length: random(6) }, () => random(input.length + 1));
      const recorder = new Recorder();
      const decoder = new MessageDecoder('server', defaults, recorder);
      for (const chunk of cutAt(input, places)) decoder.write(chunk);
      expect(recorder.lines, `round ${round}`).to.deep.equal(wanted);
    }
  });

  const run = ['a', 'b', 'c', 'd', 'e'].map((each) => text(each));
  const input = () => encodeAll(run, 'server');
  const all = ['a', 'b', 'c', 'd', 'e'].map(said.text);

  it('stops where a handler pauses it, and goes on with those that are unmasked already', () => {
    const sink: Meddler = new Meddler(() => decoder.pause());
    const decoder: MessageDecoder = new MessageDecoder('server', defaults, sink);
    const bytes = input();
    decoder.write(bytes);
    bytes.fill(0xff);
    for (let i = 1; i <= 5; i++) {
      expect(sink.lines).to.deep.equal(all.slice(0, i));
      decoder.resume();
    }
  });

  it('stops where a handler ends it', () => {
    const sink: Meddler = new Meddler((data) => data === 'b' && decoder.end());
    const decoder: MessageDecoder = new MessageDecoder('server', defaults, sink);
    decoder.write(input());
    expect(sink.lines).to.deep.equal(all.slice(0, 2));
  });

  it('lets what a handler asks about the next one be true of that one only', () => {
    const sink: Meddler = new Meddler((data) => data === 'b' && decoder.readPieces(10));
    const decoder: MessageDecoder = new MessageDecoder('server', defaults, sink);
    decoder.write(Buffer.concat([input(), encodeAll(fragments(1, 'f', 'g'), 'server')]));
    // One that has come whole is handed over whole.
    expect(sink.lines).to.deep.equal([...all, said.text('fg')]);
    const strict: Meddler = new Meddler((data) => data === 'b' && other.readPieces(0));
    const other: MessageDecoder = new MessageDecoder('server', defaults, strict);
    other.write(input());
    expect(strict.lines).to.deep.equal([...all.slice(0, 2), said.tooBig()]);
  });

  it('gives them whole where a handler asks for pieces and thinks better of it', () => {
    const sink: Meddler = new Meddler(() => {
      decoder.readPieces(10);
      decoder.readWhole();
    });
    const decoder: MessageDecoder = new MessageDecoder('server', defaults, sink);
    decoder.write(input());
    expect(sink.lines).to.deep.equal(all);
  });

  it('keeps the order where a handler writes more', () => {
    const sink: Meddler = new Meddler(
      (data) => data === 'b' && decoder.write(encodeAll([text('x'), text('y')], 'server')),
    );
    const decoder: MessageDecoder = new MessageDecoder('server', defaults, sink);
    decoder.write(input());
    expect(sink.lines).to.deep.equal([...all, said.text('x'), said.text('y')]);
  });

  it('ends with what a handler throws', () => {
    const sink: Meddler = new Meddler((data) => {
      if (data === 'b') throw new Error('mine');
    });
    const decoder: MessageDecoder = new MessageDecoder('server', defaults, sink);
    expect(() => decoder.write(input())).to.throw('mine');
    decoder.write(input());
    expect(sink.lines).to.deep.equal(all.slice(0, 2));
  });

  it('does not disturb another decoder that a handler feeds with the same bytes', () => {
    const inner = new Recorder();
    const other = new MessageDecoder('server', defaults, inner);
    const bytes = input();
    const sink = new Meddler((data) => data === 'a' && other.write(bytes));
    new MessageDecoder('server', defaults, sink).write(bytes);
    expect(inner.lines).to.deep.equal(all);
    expect(sink.lines).to.deep.equal(all);
  });

  it('refuses one that is above the limit, behind those that are within', () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder('server', { ...defaults, maxMessageSize: 3 }, recorder);
    decoder.write(encodeAll([text('abc'), text('abcd'), text('abc')], 'server'));
    expect(recorder.lines).to.deep.equal([said.text('abc'), said.tooBig()]);
  });

  it('refuses what is not UTF-8, behind what is', () => {
    const recorder = new Recorder();
    const decoder = new MessageDecoder('server', defaults, recorder);
    decoder.write(encodeAll([text('abc'), text(Buffer.from([0x61, 0xff])), text('abc')], 'server'));
    expect(recorder.lines).to.deep.equal([said.text('abc'), said.invalidUtf8]);
  });

  it('refuses one within a message in fragments, and frames of a client that are not masked', () => {
    for (const spec of [text('x', { fin: false }), text('x', { wronglyMasked: true })]) {
      const recorder = new Recorder();
      new MessageDecoder('server', defaults, recorder).write(encodeAll([text('a'), spec, text('b')], 'server'));
      expect(recorder.lines).to.have.length(2);
      expect(recorder.lines[1]).to.match(/^violation ProtocolError/);
    }
  });
});
