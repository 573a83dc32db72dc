import type { ClosePayload } from '../../src/protocol/close-payload';
import type { DecoderSink } from '../../src/protocol/decoder-sink';
import type { DeflateAgreement } from '../../src/protocol/deflate-negotiation';
import { resolveDeflate } from '../../src/protocol/deflate-options';
import type { WebSocketError } from '../../src/protocol/errors';
import { MessageDecoder } from '../../src/protocol/message-decoder';
import { PerMessageDeflate } from '../../src/protocol/permessage-deflate';
import type { Role } from '../../src/protocol/role';
import { frameSequence } from '../grammar/frames';
import { mutate } from '../mutation';
import { Random } from '../random';
import { decodeByTheLetter, type Heard, heard, type ReferenceLimits } from '../reference/decoder';
import { deflateByTheLetter, encodedSize, Undecided } from '../reference/deflated-message';
import { decodeByWs } from '../reference/ws-receiver';
import { ensure, ensureSame, ensureSameList, type Target } from '../target';

/*
 * An input is a byte of choices, a byte that seeds the way it is split, and the wire.
 *
 *   bit 0     role: server or client
 *   bit 1-2   limits
 *   bit 3     compare with `ws`, too
 *   bit 4     with permessage-deflate
 */
const headerSize = 2;

const limitsByChoice: readonly ReferenceLimits[] = [
  { maxMessageSize: 1024 * 1024, maxFragments: 1000 },
  { maxMessageSize: 125, maxFragments: 3 },
  { maxMessageSize: 1000, maxFragments: 8 },
  { maxMessageSize: 1, maxFragments: 1 },
];

interface Choices {
  role: Role;
  limits: ReferenceLimits;
  comparesWithWs: boolean;
  compresses: boolean;
}

const settings = { server: resolveDeflate('fuzz', 'server', true)!, client: resolveDeflate('fuzz', 'client', true)! };
const agreement: DeflateAgreement = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

function decoderFor({ role, limits, compresses }: Choices, sink: DecoderSink): MessageDecoder {
  const extension = compresses ? new PerMessageDeflate(role, settings[role], agreement, '') : null;
  return new MessageDecoder(role, limits, sink, extension);
}

/** Undefined where the RFC leaves it open; all ways of splitting must say the same all the same. */
function expectedOf(choices: Choices, wire: Buffer): Heard | undefined {
  try {
    const extension = choices.compresses ? deflateByTheLetter(choices.limits.maxMessageSize) : undefined;
    return decodeByTheLetter(wire, choices.role, choices.limits, extension);
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

function choicesOf(input: Buffer): Choices {
  const [first = 0] = input;
  return {
    role: (first & 1) === 0 ? 'server' : 'client',
    limits: limitsByChoice[(first >> 1) & 3]!,
    comparesWithWs: (first & 8) !== 0,
    compresses: (first & 16) !== 0,
  };
}

/** Writes down what it is given. */
class Listener implements DecoderSink {
  readonly heard: Heard = [];
  /** Called after each thing. */
  after: () => void = () => {};

  receivedMessage(data: string | Buffer, isBinary: boolean): void {
    ensureSame(isBinary, typeof data !== 'string', 'isBinary');
    this.note(typeof data === 'string' ? `text ${data}` : heard.binary(data));
  }

  receivedPing(payload: Buffer): void {
    this.note(heard.ping(payload));
  }

  receivedPong(payload: Buffer): void {
    this.note(heard.pong(payload));
  }

  receivedClose({ code, reason }: ClosePayload): void {
    this.note(heard.close(code, reason));
  }

  receivedViolation(error: WebSocketError): void {
    ensure(error.fault === 'peer', () => `The violation ${error.code} blames '${error.fault}'`);
    ensure(error.message.length <= 500, 'The message of a violation is long');
    this.note(heard.violation(error.closeCode));
  }

  private note(line: string): void {
    this.heard.push(line);
    this.after();
  }
}

/** What a decoder keeps between two chunks. */
interface Kept {
  rest: Buffer | null;
  message: { length: number; bytes: Buffer } | null;
}

/** The longest header and control frame that can be incomplete. */
const longestRest = 14 + 125;

function ensureBounded(decoder: MessageDecoder, { limits, compresses }: Choices, received: number): void {
  const { rest, message } = decoder as unknown as Kept;
  ensure((rest?.length ?? 0) <= longestRest, () => `${rest?.length} bytes are kept that are no whole header or frame`);
  if (message === null) return;
  const limit = compresses ? encodedSize(limits.maxMessageSize) : limits.maxMessageSize;
  ensure(message.length <= limit, () => `${message.length} bytes of a message are kept, above the limit`);
  // It grows ahead, but with what has come.
  const most = Math.max(2048, Math.min(8 * received, 2 * limit + 1024));
  ensure(
    message.bytes.length <= most,
    () => `A buffer of ${message.bytes.length} bytes for a message of ${message.length}`,
  );
}

function decodeInChunks(choices: Choices, wire: Buffer, sizes: () => number): Heard {
  const listener = new Listener();
  const decoder = decoderFor(choices, listener);
  // The decoder unmasks in place, and chunks lie anywhere in memory.
  const copy = Buffer.allocUnsafe(wire.length + 1).subarray(1);
  wire.copy(copy);
  for (let at = 0; at < copy.length; ) {
    const end = Math.min(copy.length, at + sizes());
    decoder.write(copy.subarray(at, end));
    ensureBounded(decoder, choices, end);
    at = end;
  }
  return listener.heard;
}

/** Takes messages in pieces, whenever chance wants it, and puts them together again. */
class PieceListener extends Listener {
  /** `readPieces` was called, and its message has not ended. */
  isReading = false;
  private pieces: Array<string | Buffer> = [];

  override receivedMessage(data: string | Buffer, isBinary: boolean): void {
    ensureSame(this.pieces.length, 0, 'Pieces before a whole message');
    this.isReading = false;
    super.receivedMessage(data, isBinary);
  }

  receivedPiece(data: string | Buffer, isLast: boolean): void {
    ensure(this.isReading, 'A piece that nobody asked for');
    ensure(data.length > 0 || isLast, 'An empty piece');
    this.pieces.push(data);
    if (!isLast) return;
    this.isReading = false;
    const isBinary = typeof data !== 'string';
    const all = isBinary ? Buffer.concat(this.pieces as Buffer[]) : this.pieces.join('');
    this.pieces = [];
    super.receivedMessage(all, isBinary);
  }
}

function decodeInPieces(choices: Choices, wire: Buffer, random: Random): Heard {
  const listener = new PieceListener();
  const decoder = decoderFor(choices, listener);
  const copy = Buffer.from(wire);
  for (let at = 0; at < copy.length; ) {
    if (!listener.isReading && random.oneIn(2)) {
      listener.isReading = true;
      decoder.readPieces(choices.limits.maxMessageSize);
    }
    const end = Math.min(copy.length, at + 1 + random.below(1 + random.below(40)));
    decoder.write(copy.subarray(at, end));
    ensureBounded(decoder, choices, end);
    at = end;
  }
  return listener.heard;
}

/** Everything at once, to one who stops after each thing and goes on later. */
function decodeWithPauses(choices: Choices, wire: Buffer): Heard {
  const listener = new Listener();
  const decoder = decoderFor(choices, listener);
  let paused = false;
  listener.after = () => {
    ensure(!paused, 'Something was handed over while paused');
    paused = true;
    decoder.pause();
  };
  decoder.write(Buffer.from(wire));
  while (paused) {
    paused = false;
    decoder.resume();
  }
  return listener.heard;
}

export const target: Target = {
  name: 'decoder',
  title: 'frames, in both roles, in chunks of all kinds, against a decoder by the letter and that of ws',
  share: 1,

  generate(random, corpus) {
    if (corpus.length > 0 && random.oneIn(4)) return mutate(random, random.pick(corpus), corpus);
    // What is compressed takes much longer than all else.
    const compresses = random.oneIn(12) ? 16 : 0;
    const choices = (random.oneIn(3) ? random.below(16) : random.below(2)) | compresses;
    const wire = frameSequence(random, (choices & 1) === 0 ? 'server' : 'client', (choices & 16) === 0 ? 0 : 0x40);
    const input = Buffer.concat([Buffer.of(choices, random.next()), wire]);
    return random.oneIn(3) ? mutate(random, input, corpus) : input;
  },

  run(input) {
    const choices = choicesOf(input);
    const wire = input.subarray(headerSize);
    const whole = decodeInChunks(choices, wire, () => wire.length);
    const expected = expectedOf(choices, wire) ?? whole;
    ensureSameList(whole, expected, 'Whole');
    // Long ones in small pieces: byte by byte they would take the time of hundreds of others.
    const small = Math.ceil(wire.length / 400);
    ensureSameList(
      decodeInChunks(choices, wire, () => small),
      expected,
      `In chunks of ${small} bytes`,
    );
    const random = new Random(input[1] ?? 0, wire.length);
    ensureSameList(
      decodeInChunks(choices, wire, () => 1 + random.below(1 + random.below(40))),
      expected,
      'Split',
    );
    ensureSameList(decodeInPieces(choices, wire, random), expected, 'In pieces');
    ensureSameList(decodeWithPauses(choices, wire), expected, 'With pauses');
    if (choices.comparesWithWs && !choices.compresses) compareWithWs(choices, wire, expected);
  },
};

/** `ws` validates a text at its end only, and takes lengths in more bytes than they need: there it may say less, or later. */
function compareWithWs({ role, limits }: Choices, wire: Buffer, expected: Heard): void {
  const theirs = decodeByWs(wire, role, limits);
  const violates = expected.at(-1)?.startsWith('violation') === true;
  const before = violates ? expected.slice(0, -1) : expected;
  ensureSameList(theirs.slice(0, before.length), before, 'ws');
  if (!violates) ensureSame(theirs.length, expected.length, 'What ws says more');
}
