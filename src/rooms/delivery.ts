import type { SharedEncoding, SharedMessage } from '../protocol/extension';
import { Opcode } from '../protocol/opcode';
import { Batch, BatchArena } from './batch';
import type { Member } from './membership';

const fin = 0x80;

/** One for all hubs: it is about memory, not about rooms. */
const arena = new BatchArena();

/** One message, in one of the encodings that members need, and where its frame lies: the batch goes on with the next one. */
interface Encoded {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly message: SharedMessage | undefined;
}

/**
 * One published message on its way to the members: encoded when the first of them needs it, and once for all who have
 * agreed on the same, be that compression with the same parameters or none.
 */
export class Delivery {
  #plain: Encoded | undefined;
  /** What was needed last, and nearly always is needed next. */
  #encoding: SharedEncoding | undefined;
  #encoded: Encoded | undefined;
  #others: Map<SharedEncoding, Encoded> | undefined;

  constructor(
    private readonly batches: Map<SharedEncoding | null, Batch>,
    private readonly payload: string | Buffer,
  ) {}

  to(member: Member): void {
    const { shared } = member;
    const { buffer, start, end, message } = shared ? this.#encodedBy(shared) : this.#asItIs();
    member.sendShared(buffer, start, end, message);
  }

  #asItIs(): Encoded {
    this.#plain ??= this.#write(null, this.payload, undefined);
    return this.#plain;
  }

  #encodedBy(encoding: SharedEncoding): Encoded {
    if (encoding === this.#encoding) return this.#encoded!;
    this.#others ??= new Map();
    let encoded = this.#others.get(encoding);
    if (encoded === undefined) {
      const message = encoding.encode(this.payload);
      encoded = message === null ? this.#asItIs() : this.#write(encoding, message.payload, message);
      this.#others.set(encoding, encoded);
    }
    this.#encoding = encoding;
    this.#encoded = encoded;
    return encoded;
  }

  #write(encoding: SharedEncoding | null, payload: string | Buffer, message: SharedMessage | undefined): Encoded {
    let batch = this.batches.get(encoding);
    if (batch === undefined) {
      batch = new Batch();
      this.batches.set(encoding, batch);
    }
    const opcode = typeof this.payload === 'string' ? Opcode.Text : Opcode.Binary;
    arena.encode(batch, fin | (message?.reservedBits ?? 0) | opcode, payload);
    const { buffer, start, end } = batch;
    return { buffer, start, end, message };
  }
}
