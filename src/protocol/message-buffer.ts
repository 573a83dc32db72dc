import { largeBuffer, tellAllocator } from './allocator';
import { countIncomplete } from './incomplete-bytes';
import { applyMask, type MaskingKey } from './mask';
import { validUtf8Until } from './utf8';

/** What the first allocation has at least, in bytes. */
const smallest = 1024;

/**
 * The one buffer that a message's payload is collected in: fragments are appended to it and cost no object of their own.
 * It grows with what has really come, not with what a header announced, so that a claim costs nothing.
 */
export class MessageBuffer {
  /** Payload bytes so far. */
  length = 0;
  private bytes = Buffer.allocUnsafeSlow(0);
  /** Text up to here is known to be whole characters of UTF-8. */
  private validated = 0;
  /** Bytes that are counted as those of a message that has not come to its end. */
  private counted = 0;

  /** @param limit bytes that all messages of the process together may take while they are collected */
  constructor(private readonly limit = Number.POSITIVE_INFINITY) {}

  /**
   * Copies bytes to the end.
   *
   * @param left how many more the message will have, or -1 where that is not known yet
   * @returns where they lie now
   * @throws OverloadError where all messages together would take too much
   */
  append(source: Buffer, start: number, end: number, left: number): number {
    const from = this.length;
    const needed = from + end - start;
    if (needed > this.bytes.length) this.grow(needed, left);
    source.copy(this.bytes, from, start, end);
    this.length = needed;
    return from;
  }

  /** Unmasks from `from` to the end; `phase` payload bytes of the same frame came before. */
  unmask(from: number, key: MaskingKey, phase: number): void {
    applyMask(this.bytes, from, this.length, key, phase);
  }

  /** False as soon as what has come can no longer become valid UTF-8. Looks at every byte once. */
  isUtf8SoFar(): boolean {
    const until = validUtf8Until(this.bytes, this.validated, this.length);
    if (until === -1) return false;
    this.validated = until;
    return true;
  }

  /** The payload, to be kept by the application, or given up: no longer one that has not come to its end. */
  take(): Buffer {
    countIncomplete(-this.counted);
    this.counted = 0;
    return this.bytes.subarray(0, this.length);
  }

  /** Room for what is needed now, and ahead: at most eight times what has come, where the whole size is known. */
  private grow(needed: number, left: number): void {
    const total = left < 0 ? Number.POSITIVE_INFINITY : needed + left;
    const ahead = Math.max(smallest, needed * (left < 0 ? 2 : 4));
    // Half of what a known message will need is as good as all of it, and saves one more copy.
    const size = ahead * 2 >= total ? total : ahead;
    const more = size - this.bytes.length;
    countIncomplete(more, size, this.limit);
    this.counted += more;
    const larger = Buffer.allocUnsafeSlow(size);
    if (larger.length >= largeBuffer) tellAllocator();
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
