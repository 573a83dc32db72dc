/** Shared buffers that a slow transport still has ranges of. Nothing is in it but after a write that was not done at once. */
const held = new WeakSet<Buffer>();

/** Says that somebody will read the buffer later: it must not be used again. */
export function holdBuffer(buffer: Buffer): void {
  held.add(buffer);
}

/** Whether the bytes of a shared buffer may still be read, after the flush of the iteration it was sent in. */
export function isHeld(buffer: Buffer): boolean {
  return held.has(buffer);
}
