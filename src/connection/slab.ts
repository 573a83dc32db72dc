/** How large the shared buffer is that small frames are encoded into, in bytes. */
export const slabSize = 256 * 1024;

let slab = Buffer.allocUnsafeSlow(slabSize);
let used = 0;

/** The buffer to write `size` bytes into, from `slabPosition()` on. */
export function reserve(size: number): Buffer {
  if (used + size > slab.length) {
    // Whoever still has ranges of the old one keeps it alive until they are written.
    slab = Buffer.allocUnsafeSlow(slabSize);
    used = 0;
  }
  return slab;
}

/** Where the next bytes go. */
export function slabPosition(): number {
  return used;
}

/** The bytes up to `end` are taken. */
export function commit(end: number): void {
  used = end;
}

/**
 * Gives a range back that has been written and that nobody else reads. When it is the latest one, as it nearly always
 * is, its room is used again: a busy server then encodes into the same few warm cache lines for ever.
 */
export function release(buffer: Buffer, start: number, end: number): void {
  if (buffer === slab && end === used) used = start;
}
