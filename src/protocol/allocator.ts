/** From this many bytes on an allocator may take memory from the system for each buffer. */
export const largeBuffer = 128 * 1024;

let told = false;

/**
 * The allocator of most Linux systems gives large buffers that were freed back to the system at once, and the system's
 * fresh pages cost as much as all else that is done to a message of 1 MiB. It keeps twice as much as the largest
 * buffer that it has seen freed, within 64 MiB: so it is shown one, once, which nobody writes to and which costs nothing.
 */
export function tellAllocator(): void {
  if (told) return;
  told = true;
  Buffer.allocUnsafeSlow(32 * 1024 * 1024 - 64 * 1024);
}
