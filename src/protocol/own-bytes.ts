/** A copy that keeps nothing else alive: not a read buffer, and not Node's pool, which has 64 KiB since version 24. */
export function ownCopy(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}

/** The bytes for the application to keep: copied, unless they are most of the memory that they would keep alive. */
export function ownSlice(chunk: Buffer, start: number, end: number): Buffer {
  const slice = chunk.subarray(start, end);
  return slice.length * 2 >= chunk.buffer.byteLength ? slice : Buffer.from(slice);
}

/** A copy for the application to keep; small ones come from Node's pool. */
export function pooledCopy(bytes: Buffer, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  bytes.copy(copy, 0, start, end);
  return copy;
}
