import type { Readable } from 'node:stream';

/** Chunks below this are put together, in bytes: those that are not are as large as frames of HTTP/2 usually get. */
const smallChunk = 16 * 1024;

/** What is put together in one piece, in bytes: from the first to the last. */
const firstBlock = 128;
const largestBlock = 64 * 1024;

/**
 * Has a stream of bytes keep what nobody reads in few pieces. By itself it keeps each chunk that is pushed: of a byte that came
 * alone, as a DATA frame of HTTP/2 brings it, that is the hundredfold, and more where the chunk is a view of all that was read
 * with it. Whoever reads gets the same bytes, in fewer chunks; where nothing waits, chunks pass as they are.
 */
export function packUnread(readable: Readable): void {
  const { push, read } = readable;
  let block: Buffer | undefined;
  let used = 0;
  let isDue = false;

  // Behind the chunks that wait in the stream itself, of which there is at least one when this holds any.
  const flush = (): void => {
    if (block === undefined) return;
    const packed = block.subarray(0, used);
    block = undefined;
    used = 0;
    push.call(readable, packed);
  };

  const pack = (chunk: Buffer): void => {
    if (used + chunk.length > largestBlock) flush();
    if (block === undefined || used + chunk.length > block.length) {
      const larger = Buffer.allocUnsafeSlow(blockFor(used + chunk.length));
      block?.copy(larger, 0, 0, used);
      block = larger;
    }
    chunk.copy(block, used);
    used += chunk.length;
  };

  const flushDue = (): void => {
    isDue = false;
    if (!readable.destroyed) flush();
  };

  if (readable.readableLength > 0) readable.unshift(readable.read(readable.readableLength));

  readable.push = (given: Buffer | string | null, encoding?: BufferEncoding): boolean => {
    const chunk = typeof given === 'string' ? Buffer.from(given, encoding) : given;
    const isPacked = chunk !== null && chunk.length < smallChunk && !readable.destroyed;
    if (!isPacked || (used === 0 && readable.readableLength === 0)) {
      flush();
      return push.call(readable, chunk);
    }
    const { readableLength, readableHighWaterMark } = readable;
    pack(chunk);
    // Those who listen for 'readable' are told of what comes until so much waits, and may wait for more than there is.
    if (!isDue && readableLength <= readableHighWaterMark && readable.listenerCount('readable') > 0) {
      isDue = true;
      // A tick has but one chunk of node:http2.
      setImmediate(flushDue);
    }
    return readable.readableLength + used < readableHighWaterMark;
  };

  readable.read = (size?: number): Buffer | string | null => {
    // With 0 nothing is taken.
    if (size !== 0) flush();
    return read.call(readable, size) as Buffer | string | null;
  };
}

function blockFor(length: number): number {
  let size = firstBlock;
  while (size < length) size *= 2;
  return size;
}
