import { constants } from 'node:buffer';
import { expect } from 'chai';
import type { DecoderSink } from '../../src/protocol/decoder-sink';
import { InvalidStateError, type WebSocketError } from '../../src/protocol/errors';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import type { DecoderLimits } from '../../src/protocol/message-limits';
import type { Role } from '../../src/protocol/role';
import {
  binary,
  close,
  continuation,
  encode,
  encodeAll,
  type FrameSpec,
  fragments,
  hex,
  ping,
  pong,
  text,
} from './support/frames';
import { Recorder, said } from './support/recorder';
import { readByGrammar } from './support/utf8-reference';

const roles: readonly Role[] = ['server', 'client'];
const defaults: DecoderLimits = { maxMessageSize: 1024 * 1024, maxFragments: 131_072 };
const unlimited: DecoderLimits = { maxMessageSize: Number.MAX_SAFE_INTEGER, maxFragments: Number.MAX_SAFE_INTEGER };

/** A sink that calls back with every message, and writes the rest down. */
class Listener extends Recorder {
  constructor(private readonly heard: (data: string | Buffer) => void) {
    super();
  }

  override receivedMessage(data: string | Buffer, isBinary: boolean): void {
    super.receivedMessage(data, isBinary);
    this.heard(data);
  }
}

function feed(specs: FrameSpec[], limits = defaults, role: Role = 'server'): Recorder {
  const recorder = new Recorder();
  new MessageDecoder(role, limits, recorder).write(encodeAll(specs, role));
  return recorder;
}

/** How much memory outside of the heap the call leaves allocated, in bytes. */
function allocatedBy(call: () => void): number {
  const before = process.memoryUsage().arrayBuffers;
  call();
  return process.memoryUsage().arrayBuffers - before;
}

describe('MessageDecoder', () => {
  for (const role of roles) {
    describe(`as a ${role}, paused and resumed`, () => {
      const input = encodeAll([text('1'), binary('2'), ping('3'), ...fragments(1, '4', '4'), text('5')], role);
      const all = [said.text('1'), said.binary(Buffer.from('2')), said.ping('3'), said.text('44'), said.text('5')];

      it('hands over nothing while it is paused, and everything afterwards', () => {
        const recorder = new Recorder();
        const decoder = new MessageDecoder(role, defaults, recorder);
        decoder.pause();
        for (const byte of input) decoder.write(Buffer.from([byte]));
        expect(recorder.lines).to.deep.equal([]);
        decoder.resume();
        expect(recorder.lines).to.deep.equal(all);
      });

      it('stops after the message that was being handed over when it was paused', () => {
        const recorder: Recorder = new Listener(() => decoder.pause());
        const decoder = new MessageDecoder(role, defaults, recorder);
        decoder.write(Buffer.from(input));
        expect(recorder.lines).to.deep.equal(all.slice(0, 1));
        decoder.resume();
        expect(recorder.lines).to.deep.equal(all.slice(0, 2));
        decoder.resume();
        expect(recorder.lines).to.deep.equal(all.slice(0, 4));
        decoder.write(encode(text('6'), role));
        decoder.resume();
        expect(recorder.lines).to.deep.equal(all);
        decoder.resume();
        expect(recorder.lines).to.deep.equal([...all, said.text('6')]);
      });

      it('goes on where it is paused and resumed in one call', () => {
        const recorder: Recorder = new Listener(() => {
          decoder.pause();
          decoder.resume();
        });
        const decoder = new MessageDecoder(role, defaults, recorder);
        decoder.write(Buffer.from(input));
        expect(recorder.lines).to.deep.equal(all);
      });

      it('keeps the order of bytes written from inside of a message', () => {
        const recorder: Recorder = new Listener((data) => {
          if (data !== '1') return;
          decoder.write(encode(text('written'), role));
          decoder.write(encode(text('inside'), role));
          expect(recorder.lines).to.deep.equal([said.text('1')]);
        });
        const decoder = new MessageDecoder(role, defaults, recorder);
        decoder.write(Buffer.from(input));
        expect(recorder.lines).to.deep.equal([...all, said.text('written'), said.text('inside')]);
      });

      it('keeps bytes written from inside of a message that pauses it', () => {
        const recorder: Recorder = new Listener((data) => {
          if (data !== '1') return;
          decoder.pause();
          decoder.write(encode(text('written'), role));
        });
        const decoder = new MessageDecoder(role, defaults, recorder);
        decoder.write(Buffer.from(input));
        expect(recorder.lines).to.deep.equal([said.text('1')]);
        decoder.resume();
        expect(recorder.lines).to.deep.equal([...all, said.text('written')]);
      });

      it('may be paused in the middle of a frame', () => {
        const recorder = new Recorder();
        const decoder = new MessageDecoder(role, defaults, recorder);
        const bytes = encode(text('abcdefghij'), role);
        decoder.write(bytes.subarray(0, 9));
        decoder.pause();
        decoder.write(bytes.subarray(9));
        expect(recorder.lines).to.deep.equal([]);
        decoder.resume();
        expect(recorder.lines).to.deep.equal([said.text('abcdefghij')]);
      });

      it('does not mind being resumed when it is not paused, or paused twice', () => {
        const recorder = new Recorder();
        const decoder = new MessageDecoder(role, defaults, recorder);
        decoder.resume();
        decoder.pause();
        decoder.pause();
        decoder.write(Buffer.from(input));
        decoder.resume();
        decoder.resume();
        expect(recorder.lines).to.deep.equal(all);
      });

      it('hands over nothing after end(), also where it is called from inside', () => {
        const recorder: Recorder = new Listener(() => decoder.end());
        const decoder = new MessageDecoder(role, defaults, recorder);
        decoder.write(Buffer.from(input));
        decoder.write(Buffer.from(input));
        decoder.pause();
        decoder.resume();
        expect(recorder.lines).to.deep.equal(all.slice(0, 1));
      });
    });
  }

  it('two decoders that feed each other do not disturb each other', () => {
    const inner = new Recorder();
    const other = new MessageDecoder('client', defaults, inner);
    const outer = new Listener((data) => other.write(encodeAll([text(`re: ${data}`), ping(), binary('x')], 'client')));
    const long = 'y'.repeat(300);
    new MessageDecoder('server', defaults, outer).write(
      encodeAll([text('a'), text(long), ...fragments(1, 'b', 'c')], 'server'),
    );
    expect(outer.lines).to.deep.equal([said.text('a'), said.text(long), said.text('bc')]);
    const answer = (data: string) => [said.text(`re: ${data}`), said.ping(), said.binary(Buffer.from('x'))];
    expect(inner.lines).to.deep.equal([...answer('a'), ...answer(long), ...answer('bc')]);
  });

  describe('errors', () => {
    const failing = (error: unknown): DecoderSink & { violations: WebSocketError[] } => ({
      violations: [],
      receivedMessage() {
        throw error;
      },
      receivedPing() {
        throw error;
      },
      receivedPong() {},
      receivedClose() {},
      receivedViolation(violation) {
        this.violations.push(violation);
      },
    });

    for (const error of [new Error('a bug in a listener'), new InvalidStateError('send() after close()')]) {
      it(`gives ${error.name} of a sink back to the writer, and does not blame the peer for it`, () => {
        for (const spec of [text('a'), text('a'.repeat(200)), ping()]) {
          const sink = failing(error);
          const decoder = new MessageDecoder('server', defaults, sink);
          expect(() => decoder.write(encode(spec, 'server'))).to.throw(error);
          decoder.write(encode(text('after'), 'server'));
          expect(sink.violations).to.deep.equal([]);
        }
      });
    }

    it('says which limit a message broke, and by how much', () => {
      const { violation } = feed([text('', { claims: 2n ** 40n })]);
      expect(violation?.message).to.equal(
        'A message of at least 1099511627776 bytes is larger than maxMessageSize (1048576 bytes)',
      );
      const { violation: string } = feed([text('', { claims: 2n ** 40n })], unlimited);
      expect(string?.message).to.match(/larger than a string can be \(\d+ bytes\)$/);
      const { violation: many } = feed(fragments(1, 'a', 'b', 'c'), { ...defaults, maxFragments: 2 });
      expect(many?.message).to.equal('A message has more fragments than maxFragments (2)');
    });

    it('refuses text that no string can hold at its header, though the limit is larger', () => {
      const limits = { ...defaults, maxMessageSize: 2 ** 31 - 1 };
      expect(feed([text('', { claims: constants.MAX_STRING_LENGTH + 1 })], limits).lines).to.deep.equal([
        said.tooBig(),
      ]);
      expect(
        feed([text('a', { fin: false }), continuation('', { claims: constants.MAX_STRING_LENGTH })], limits).lines,
      ).to.deep.equal([said.tooBig()]);
      expect(feed([text('', { claims: constants.MAX_STRING_LENGTH })], limits).lines).to.deep.equal([]);
      expect(feed([binary('', { claims: constants.MAX_STRING_LENGTH + 1 })], limits).lines).to.deep.equal([]);
    });
  });

  describe('memory', () => {
    it('a header that claims 2^40 bytes costs nothing, in any role and kind', () => {
      for (const role of roles) {
        const decoders: MessageDecoder[] = [];
        const allocated = allocatedBy(() => {
          for (let i = 0; i < 100; i++) {
            const decoder = new MessageDecoder(role, unlimited, new Recorder());
            decoder.write(encode(binary('first bytes', { claims: 2n ** 40n }), role));
            decoders.push(decoder);
          }
        });
        expect(decoders).to.have.length(100);
        expect(allocated).to.be.below(100 * 8192);
      }
    });

    it('a million fragments of nothing cost nothing, and are one message where that is allowed', () => {
      const empty = encode(continuation('', { fin: false }), 'server');
      const chunk = Buffer.concat(Array.from({ length: 10_000 }, () => empty));
      const recorder = new Recorder();
      const decoder = new MessageDecoder('server', unlimited, recorder);
      decoder.write(encode(text('a', { fin: false }), 'server'));
      const allocated = allocatedBy(() => {
        for (let i = 0; i < 100; i++) decoder.write(chunk);
      });
      decoder.write(encode(continuation('b'), 'server'));
      expect(recorder.lines).to.deep.equal([said.text('ab')]);
      expect(allocated).to.be.below(100_000);
    });

    it('a million fragments of nothing break the usual limit', () => {
      const empty = encode(continuation('', { fin: false }), 'server');
      const chunk = Buffer.concat(Array.from({ length: 10_000 }, () => empty));
      const recorder = new Recorder();
      const decoder = new MessageDecoder('server', defaults, recorder);
      decoder.write(encode(text('', { fin: false }), 'server'));
      for (let i = 0; i < 100; i++) decoder.write(chunk);
      expect(recorder.lines).to.deep.equal([said.tooBig('TOO_MANY_FRAGMENTS')]);
    });

    it('4 MiB in fragments of 64 bytes pass where the limit allows 4 MiB', () => {
      for (const role of roles) {
        const part = Buffer.alloc(64, 'sixty-four bytes');
        const recorder = new Recorder();
        const decoder = new MessageDecoder(role, { ...defaults, maxMessageSize: 4 * 1024 * 1024 }, recorder);
        const middle = encode(continuation(part, { fin: false }), role);
        decoder.write(encode(text(part, { fin: false }), role));
        for (let i = 0; i < 1023; i++) decoder.write(Buffer.concat(Array.from({ length: 64 }, () => middle)));
        decoder.write(Buffer.concat(Array.from({ length: 62 }, () => middle)));
        expect(recorder.lines).to.deep.equal([]);
        decoder.write(encode(continuation(part), role));
        expect(recorder.lines).to.deep.equal([said.text('sixty-four bytes'.repeat(4 * 65_536))]);
      }
    });

    it('a small binary message does not keep the chunk alive that it came in', () => {
      const messages: Buffer[] = [];
      const decoder = new MessageDecoder('server', defaults, new Listener((data) => messages.push(data as Buffer)));
      const chunk = Buffer.allocUnsafeSlow(65_536);
      const bytes = encodeAll([binary('small'), binary(Buffer.alloc(300, 7)), binary('cut short')], 'server');
      bytes.copy(chunk);
      decoder.write(chunk.subarray(0, bytes.length - 3));
      chunk.fill(0);
      decoder.write(bytes.subarray(bytes.length - 3));
      expect(messages.map((message) => message.toString())).to.deep.equal(['small', '\x07'.repeat(300), 'cut short']);
      for (const message of messages) expect(message.buffer).not.to.equal(chunk.buffer);
    });

    it('a ping does not keep its chunk alive', () => {
      const payloads: Buffer[] = [];
      const recorder = new Recorder();
      recorder.receivedPing = recorder.receivedPong = (payload) => payloads.push(payload);
      const chunk = Buffer.allocUnsafeSlow(65_536);
      const bytes = encodeAll([ping('ping'), pong('pong')], 'server');
      bytes.copy(chunk);
      new MessageDecoder('server', defaults, recorder).write(chunk.subarray(0, bytes.length));
      expect(payloads.map((payload) => payload.toString())).to.deep.equal(['ping', 'pong']);
      for (const payload of payloads) expect(payload.buffer).not.to.equal(chunk.buffer);
    });

    it('a header cut short does not keep its chunk alive', () => {
      const recorder = new Recorder();
      const decoder = new MessageDecoder('server', defaults, recorder);
      const chunk = encodeAll([text('a'), text('b', { cutTo: 5 })], 'server');
      decoder.write(chunk);
      chunk.fill(0);
      decoder.write(encode(text('b'), 'server').subarray(5));
      expect(recorder.lines).to.deep.equal([said.text('a'), said.text('b')]);
    });
  });

  it('text fails at its first wrong byte, and not before, when bytes come one by one', () => {
    const samples = [
      '61c3a4e282acf09d849e',
      'f48fbfbff4908080',
      'edbfed9fbfeda080',
      'e0a080e09f80',
      'c3a4c0af',
      'f09d8461',
    ];
    for (const role of roles) {
      for (const sample of samples) {
        const { wrongAt } = readByGrammar(hex(sample));
        const recorder = new Recorder();
        const decoder = new MessageDecoder(role, defaults, recorder);
        const bytes = encode(text(hex(sample), { claims: 1000 }), role);
        const header = bytes.length - hex(sample).length;
        let failedAt = -1;
        bytes.forEach((byte, at) => {
          decoder.write(Buffer.from([byte]));
          if (recorder.violation !== undefined && failedAt === -1) failedAt = at - header;
        });
        expect(failedAt, sample).to.equal(wrongAt);
      }
    }
  });

  it('a close frame of every length from 0 to 125 bytes is read', () => {
    for (let length = 2; length <= 125; length++) {
      const reason = 'r'.repeat(length - 2);
      expect(feed([close(1000, reason)]).lines).to.deep.equal([said.close(1000, reason)]);
    }
  });
});
