import type { SharedEncoding, SharedMessage } from '../protocol/extension';
import { frameHeaderSize } from '../protocol/frame-header';
import type { Member } from './membership';
import type { Room } from './room';
import { type Batches, writeShared } from './shared-frame';

/** What one waiting message costs besides its bytes, so that a flood of very short ones is bounded as well. */
const upkeep = 128;

/**
 * A published message that waits, for one slow member or for many. It is kept as it was published: a frame would keep the
 * memory that it shares with others, and whether it goes compressed is settled when it goes, as the member's next
 * messages may refer to it.
 *
 * @internal
 */
export class HeldMessage {
  /** What it counts, in bytes: its frame, uncompressed, and the upkeep. */
  readonly size: number;
  readonly #payload: string | Buffer;
  #compressed: Map<SharedEncoding, SharedMessage | null> | undefined;

  /**
   * @param rooms the rooms that it was published to
   * @param key a later one with the same key may take its place
   */
  constructor(
    payload: string | Buffer,
    readonly rooms: readonly Room[],
    readonly key: string | undefined,
  ) {
    // Bytes are still the publisher's.
    this.#payload = typeof payload === 'string' ? payload : copyOf(payload);
    const length = Buffer.byteLength(payload);
    this.size = frameHeaderSize(length, false) + length + upkeep;
  }

  sendTo(member: Member, batches: Batches): void {
    const encoding = member.shared ?? null;
    const message = encoding === null ? null : this.#compressedBy(encoding);
    const frame = writeShared(batches, message === null ? null : encoding, this.#payload, message);
    member.sendShared(frame.buffer, frame.start, frame.end, frame.message);
  }

  #compressedBy(encoding: SharedEncoding): SharedMessage | null {
    this.#compressed ??= new Map();
    let message = this.#compressed.get(encoding);
    if (message === undefined) {
      message = encoding.encode(this.#payload);
      this.#compressed.set(encoding, message);
    }
    return message;
  }
}

/** In memory of their own: a pool's would be kept with them. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
