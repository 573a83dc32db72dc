import { expect } from 'chai';
import fc from 'fast-check';
import type { ClosePayload } from '../../src/protocol/close-payload';
import type { DecoderSink } from '../../src/protocol/decoder-sink';
import { WebSocketError } from '../../src/protocol/errors';
import { WebSocketFrame } from '../../src/protocol/frame';
import { FrameParser } from '../../src/protocol/frame-parser';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import type { DecoderLimits } from '../../src/protocol/message-limits';
import { Opcode } from '../../src/protocol/opcode';
import type { Role } from '../../src/protocol/role';
import { cutAt } from './support/chunks';
import { Recorder, said } from './support/recorder';

const limits: DecoderLimits = { maxMessageSize: 1024 * 1024, maxFragments: 1000 };
const parsers = { server: new FrameParser({ role: 'server' }), client: new FrameParser({ role: 'client' }) };

interface Message {
  data: string | Buffer;
  /** Where its bytes are cut into fragments, inside of characters too. */
  cuts: number[];
  /** The control frames before each of its fragments. */
  controls: Array<{ opcode: typeof Opcode.Ping | typeof Opcode.Pong; payload: Buffer }>;
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const long = fc
  .tuple(fc.constantFrom(125, 126, 1000, 65_535, 65_536), fc.nat(255))
  .map(([n, fill]) => Buffer.alloc(n, fill));
const data = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  { weight: 6, arbitrary: bytes(300) },
  { weight: 1, arbitrary: long },
);
const role = fc.constantFrom<Role>('server', 'client');
const places = fc.array(fc.nat(), { maxLength: 20 });
const message: fc.Arbitrary<Message> = fc.record({
  data,
  cuts: fc.array(fc.nat(), { maxLength: 6 }),
  controls: fc.array(fc.record({ opcode: fc.constantFrom(Opcode.Ping, Opcode.Pong), payload: bytes(125) }), {
    maxLength: 4,
  }),
});
const messages = fc.array(message, { maxLength: 8 });

/** The messages on the wire, encoded by our own encoder as the other end of `receiver`; and what must come out again. */
function encoded(list: Message[], receiver: Role): { input: Buffer; expected: string[] } {
  const sender = parsers[receiver === 'server' ? 'client' : 'server'];
  const wire: Buffer[] = [];
  const expected: string[] = [];
  for (const { data, cuts, controls } of list) {
    const payload = Buffer.from(data as string);
    const parts = cutAt(
      payload,
      cuts.map((cut) => cut % (payload.length + 1)),
    );
    if (parts.length === 0) parts.push(payload);
    const due = [...controls];
    parts.forEach((part, index) => {
      const control = due.shift();
      if (control !== undefined) {
        wire.push(sender.encode(new WebSocketFrame(control)));
        expected.push(control.opcode === Opcode.Ping ? said.ping(control.payload) : said.pong(control.payload));
      }
      const kind = typeof data === 'string' ? Opcode.Text : Opcode.Binary;
      const opcode = index === 0 ? kind : Opcode.Continuation;
      wire.push(sender.encode(new WebSocketFrame({ opcode, payload: part, fin: index === parts.length - 1 })));
    });
    expected.push(typeof data === 'string' ? said.text(data) : said.binary(data));
  }
  return { input: Buffer.concat(wire), expected };
}

function chunksOf(input: Buffer, cuts: number[]): Buffer[] {
  return cutAt(
    input,
    cuts.map((cut) => cut % (input.length + 1)),
  );
}

describe('the codec, for anything at all', () => {
  it('decodes what was encoded: any messages, fragments, control frames between them, and chunks', () => {
    fc.assert(
      fc.property(messages, role, places, (list, receiver, cuts) => {
        const { input, expected } = encoded(list, receiver);
        const recorder = new Recorder();
        const decoder = new MessageDecoder(receiver, limits, recorder);
        for (const chunk of chunksOf(input, cuts)) decoder.write(chunk);
        expect(recorder.lines).to.deep.equal(expected);
      }),
      { numRuns: 400 },
    );
  });

  it('decodes every frame that FrameParser encodes', () => {
    const opcode = fc.constantFrom(Opcode.Continuation, Opcode.Text, Opcode.Binary);
    fc.assert(
      fc.property(opcode, bytes(300), fc.boolean(), fc.boolean(), bytes(20), (opcode, payload, fin, masked, after) => {
        const parser = new FrameParser();
        const wire = parser.encode(new WebSocketFrame({ opcode, payload, fin, masked }));
        const decoded = parser.decode(Buffer.concat([wire, after]));
        expect(decoded?.bytesConsumed).to.equal(wire.length);
        expect(decoded?.frame).to.include({ opcode, fin, masked, rsv: 0 });
        expect(decoded?.frame.payload.equals(payload)).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });

  /** Bytes of which many begin like frames, so that they get far. */
  const frameLike = fc
    .array(
      fc.oneof(
        fc.tuple(fc.constantFrom(0x01, 0x81, 0x82, 0x80, 0x00, 0x89, 0x8a, 0x88, 0xc1), fc.nat(255), bytes(30)),
        fc.tuple(fc.nat(255), fc.nat(255), bytes(8)),
      ),
      { maxLength: 20 },
    )
    .map((parts) =>
      Buffer.concat(parts.map(([first, second, rest]) => Buffer.concat([Buffer.from([first, second]), rest]))),
    );

  it('never throws and never hangs, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(bytes(400), frameLike), role, places, (input, receiver, cuts) => {
        const recorder = new Recorder();
        const decoder = new MessageDecoder(receiver, { maxMessageSize: 1000, maxFragments: 10 }, recorder);
        for (const chunk of chunksOf(input, cuts)) decoder.write(chunk);
        // A frame has two bytes at least, so that this bounds the work.
        expect(recorder.lines.length).to.be.at.most(input.length / 2 + 1);
        if (recorder.violation === undefined) return;
        expect(recorder.violation).to.be.instanceOf(WebSocketError);
        expect(recorder.violation.fault).to.equal('peer');
        expect([1002, 1007, 1009]).to.include(recorder.violation.closeCode);
      }),
      { numRuns: 3000 },
    );
  });

  it('says the same of any bytes, however they are cut', () => {
    fc.assert(
      fc.property(frameLike, role, places, (input, receiver, cuts) => {
        const [whole, inChunks, byteByByte] = [[], cuts, [...input.keys()]].map((places) => {
          const recorder = new Recorder();
          const decoder = new MessageDecoder(receiver, { maxMessageSize: 1000, maxFragments: 10 }, recorder);
          for (const chunk of chunksOf(input, places)) decoder.write(chunk);
          return recorder.lines;
        });
        expect(inChunks).to.deep.equal(whole);
        expect(byteByByte).to.deep.equal(whole);
      }),
      { numRuns: 1000 },
    );
  });

  it('FrameParser takes any bytes for a frame, the beginning of one, or a violation', () => {
    fc.assert(
      fc.property(
        fc.oneof(bytes(200), frameLike),
        fc.constantFrom('server', 'client', undefined),
        (input, receiver) => {
          const parser = new FrameParser(receiver === undefined ? {} : { role: receiver });
          try {
            const decoded = parser.decode(input);
            if (decoded !== null) expect(decoded.bytesConsumed).to.be.within(2, input.length);
          } catch (error) {
            if (!(error instanceof WebSocketError)) throw error;
            expect(error.fault).to.equal('peer');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  /** What a sink does with each thing that it is given, in turn. */
  const action = fc.constantFrom('nothing', 'pause', 'pause and resume', 'write', 'write and pause', 'pause and write');

  it('loses nothing and keeps the order when it is paused, resumed and written to from anywhere', () => {
    fc.assert(
      fc.property(messages, role, places, fc.array(action), (list, receiver, cuts, actions) => {
        const { input, expected } = encoded(list, receiver);
        const harness = new Interrupted(receiver, chunksOf(input, cuts), actions);
        harness.run();
        expect(harness.lines).to.deep.equal(expected);
      }),
      { numRuns: 600 },
    );
  });
});

/** A decoder whose sink interferes: after each thing it is given, it takes the next action of a script. */
class Interrupted extends Recorder implements DecoderSink {
  private readonly decoder: MessageDecoder;
  private paused = false;

  constructor(
    receiver: Role,
    private readonly chunks: Buffer[],
    private readonly actions: string[],
  ) {
    super();
    this.decoder = new MessageDecoder(receiver, limits, this);
  }

  run(): void {
    while (this.chunks.length > 0 || this.paused) {
      // A paused decoder takes chunks, too; one time in two it is resumed first.
      if (this.paused && (this.lines.length % 2 === 0 || this.chunks.length === 0)) this.resume();
      else this.writeNext();
    }
  }

  private resume(): void {
    this.paused = false;
    this.decoder.resume();
  }

  private pause(): void {
    this.paused = true;
    this.decoder.pause();
  }

  private writeNext(): void {
    const chunk = this.chunks.shift();
    if (chunk !== undefined) this.decoder.write(chunk);
  }

  private interfere(): void {
    if (this.paused) throw new Error('Something was handed over while paused');
    const action = this.actions.shift() ?? 'nothing';
    if (action === 'write and pause' || action === 'write') this.writeNext();
    if (action.includes('pause')) this.pause();
    if (action === 'pause and write') this.writeNext();
    if (action === 'pause and resume') this.resume();
  }

  override receivedMessage(data: string | Buffer, isBinary: boolean): void {
    super.receivedMessage(data, isBinary);
    this.interfere();
  }

  override receivedPing(payload: Buffer): void {
    super.receivedPing(payload);
    this.interfere();
  }

  override receivedPong(payload: Buffer): void {
    super.receivedPong(payload);
    this.interfere();
  }

  override receivedClose(close: ClosePayload): void {
    super.receivedClose(close);
    throw new Error('A close frame came that nobody sent');
  }
}
