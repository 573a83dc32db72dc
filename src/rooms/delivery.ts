import type { SharedEncoding } from '../protocol/extension';
import { HeldMessage } from './held-message';
import type { Member } from './membership';
import type { Room } from './room';
import { type Batches, type SharedFrame, writeShared } from './shared-frame';

/**
 * One published message on its way to the members: encoded when the first of them needs it, and once for all who have
 * agreed on the same, be that compression with the same parameters or none.
 */
export class Delivery {
  #plain: SharedFrame | undefined;
  /** What was needed last, and nearly always is needed next. */
  #encoding: SharedEncoding | undefined;
  #encoded: SharedFrame | undefined;
  #others: Map<SharedEncoding, SharedFrame> | undefined;
  #held: HeldMessage | undefined;

  constructor(
    private readonly batches: Batches,
    private readonly payload: string | Buffer,
    private readonly rooms: readonly Room[],
    private readonly key: string | undefined,
  ) {}

  to(member: Member): void {
    const { shared } = member;
    const { buffer, start, end, message } = shared ? this.#encodedBy(shared) : this.#asItIs();
    member.sendShared(buffer, start, end, message);
  }

  /** The same message for those who are slow, who share it. */
  get held(): HeldMessage {
    this.#held ??= new HeldMessage(this.payload, this.rooms, this.key);
    return this.#held;
  }

  #asItIs(): SharedFrame {
    this.#plain ??= writeShared(this.batches, null, this.payload, null);
    return this.#plain;
  }

  #encodedBy(encoding: SharedEncoding): SharedFrame {
    if (encoding === this.#encoding) return this.#encoded!;
    this.#others ??= new Map();
    let encoded = this.#others.get(encoding);
    if (encoded === undefined) {
      const message = encoding.encode(this.payload);
      encoded = message === null ? this.#asItIs() : writeShared(this.batches, encoding, this.payload, message);
      this.#others.set(encoding, encoded);
    }
    this.#encoding = encoding;
    this.#encoded = encoded;
    return encoded;
  }
}
