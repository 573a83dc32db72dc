import { maxHeaderSize } from '../protocol/frame-header';
import { frameBound, writeFrame } from '../protocol/frame-writer';

/** Big enough for the publishes of a busy iteration, small enough not to matter when one slow member holds it for long. */
export const slabSize = 64 * 1024;

/** Frames of which a slab would hold less than a few get memory of their own, of exactly their size. */
const largeFrame = slabSize / 4;

/**
 * One room's published frames of one event-loop iteration, one behind the other, so that a member who gets all of them
 * gets one range of bytes. Encoded once, and sent to every member by reference.
 */
export class Batch {
  /** Where the frame that was encoded last lies. */
  buffer: Buffer = none;
  start = 0;
  end = 0;
  /** @internal The index behind the part of the slab that is this batch's own. */
  limit = 0;
  /** @internal The index up to which it keeps what it has, written or not. */
  kept = 0;
  /** @internal Bytes that it has taken for its frames: what the next share is measured by. */
  written = 0;
}

const none = Buffer.alloc(0);

/**
 * Where batches take their memory from: one slab for the rooms of all hubs. Memory goes to whoever publishes next, frame
 * by frame, so that 100,000 rooms with one publish each need the bytes of 100,000 frames and not 100,000 buffers.
 * A room whose publishes alternate with another's takes a share for itself, each twice what it wrote before: its ranges
 * stay few (the logarithm of its publishes), and so does the waste (less than what was written).
 */
export class BatchArena {
  #slab = Buffer.allocUnsafeSlow(slabSize);
  #used = 0;

  /** Encodes one frame behind the batch's last one; afterwards the batch says where it lies. */
  encode(batch: Batch, first: number, payload: string | Buffer): void {
    const bound = frameBound(payload);
    if (bound > largeFrame) {
      const bytes = maxHeaderSize + Buffer.byteLength(payload);
      if (bytes > largeFrame) {
        this.#encodeApart(batch, first, payload, bytes);
        return;
      }
    }
    if (batch.end + bound > batch.limit) this.#extend(batch, bound);
    batch.start = batch.end;
    batch.end = writeFrame(batch.buffer, batch.start, first, payload);
    batch.written += batch.end - batch.start;
    // The bound was for the worst text; what is left over goes back while nobody has taken what is behind it.
    if (batch.limit === this.#used && batch.buffer === this.#slab) {
      batch.limit = Math.max(batch.end, batch.kept);
      this.#used = batch.limit;
    }
  }

  #encodeApart(batch: Batch, first: number, payload: string | Buffer, bytes: number): void {
    batch.buffer = Buffer.allocUnsafeSlow(bytes);
    batch.start = 0;
    batch.end = writeFrame(batch.buffer, 0, first, payload);
    batch.limit = batch.end;
    batch.kept = 0;
  }

  #extend(batch: Batch, bound: number): void {
    const missing = batch.end + bound - batch.limit;
    if (batch.buffer === this.#slab && batch.limit === this.#used && this.#used + missing <= slabSize) {
      this.#used += missing;
      batch.limit += missing;
      return;
    }
    const wanted = Math.min(2 * batch.written, largeFrame);
    const share = Math.max(bound, wanted);
    if (this.#used + share > slabSize) {
      // The bytes of the old slab still wait in outboxes: it belongs to them now, and to the garbage collector after.
      this.#slab = Buffer.allocUnsafeSlow(slabSize);
      this.#used = 0;
    }
    batch.buffer = this.#slab;
    batch.end = this.#used;
    batch.kept = this.#used + wanted;
    this.#used += share;
    batch.limit = this.#used;
  }
}
