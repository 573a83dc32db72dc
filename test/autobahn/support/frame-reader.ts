import type { Role } from '../../../src/protocol/role';

export interface Message {
  isBinary: boolean;
  /** RSV1 was set: the payload is to be inflated. */
  isCompressed: boolean;
  payload: Buffer;
}

export interface FrameReaderSink {
  message(message: Message): void;
  control(opcode: number, payload: Buffer): void;
}

/**
 * Reads what an endpoint sends by the letter of RFC 6455, sections 5.1 to 5.5, without any code of `src`, and throws at the
 * first octet that breaks a rule.
 */
export class FrameReader {
  private chunks: Buffer[] = [];
  private size = 0;
  private readonly parser: Generator<number, never, Buffer>;
  private wanted: number;

  constructor(
    private readonly sender: Role,
    private readonly mayCompress: boolean,
    private readonly sink: FrameReaderSink,
  ) {
    this.parser = this.parse();
    this.wanted = this.parser.next().value;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    while (this.size >= this.wanted) this.wanted = this.parser.next(this.take(this.wanted)).value;
  }

  /** Yields how many bytes it needs next, and is given them. */
  private *parse(): Generator<number, never, Buffer> {
    let pieces: Buffer[] | null = null;
    let begun = { isBinary: false, isCompressed: false };
    for (let isClosed = false; ; ) {
      const head = yield 2;
      if (isClosed) throw new Error('A frame came behind a close frame');
      const [first, second] = [head[0]!, head[1]!];
      const fin = first >= 0x80;
      const rsv = (first >> 4) & 7;
      const opcode = first & 15;
      if (second >= 0x80 !== (this.sender === 'client')) throw new Error(`A ${this.sender}'s frame is wrongly masked`);
      let length = second & 0x7f;
      if (length === 126) length = least((yield 2).readUInt16BE(), 126);
      else if (length === 127) length = least(Number((yield 8).readBigUInt64BE()), 65_536);
      const key = second >= 0x80 ? yield 4 : null;
      const payload = yield length;
      if (key !== null) for (let i = 0; i < length; i++) payload[i]! ^= key[i & 3]!;

      if (opcode >= 8) {
        if (![8, 9, 10].includes(opcode)) throw new Error(`Opcode ${opcode} is reserved`);
        if (!fin || rsv !== 0 || length > 125) throw new Error('A control frame breaks the rules of section 5.5');
        isClosed = opcode === 8;
        this.sink.control(opcode, payload);
        continue;
      }
      if (opcode > 2) throw new Error(`Opcode ${opcode} is reserved`);
      if ((opcode === 0) !== (pieces !== null)) throw new Error(`Opcode ${opcode} is out of turn`);
      if (rsv !== 0 && !(rsv === 4 && this.mayCompress && opcode !== 0))
        throw new Error(`RSV ${rsv} was not agreed on`);
      if (opcode !== 0) begun = { isBinary: opcode === 2, isCompressed: rsv === 4 };
      pieces = [...(pieces ?? []), payload];
      if (!fin) continue;
      this.sink.message({ ...begun, payload: Buffer.concat(pieces) });
      pieces = null;
    }
  }

  private take(count: number): Buffer {
    this.size -= count;
    const first = this.chunks[0] ?? Buffer.alloc(0);
    const all = first.length >= count ? first : Buffer.concat(this.chunks);
    const others = all === first ? this.chunks.slice(1) : [];
    this.chunks = all.length > count ? [all.subarray(count), ...others] : others;
    return all.subarray(0, count);
  }
}

function least(length: number, min: number): number {
  if (length < min) throw new Error(`The length ${length} is in more octets than it needs`);
  return length;
}
