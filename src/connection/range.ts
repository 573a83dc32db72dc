/** Bytes of a buffer that others may have a part of, too. */
export interface Range {
  buffer: Buffer;
  start: number;
  end: number;
}

/** The ranges, one behind the other, in memory that nobody else has a part of. */
export function copyOf(ranges: Range[], size: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const { buffer, start, end } of ranges) at += buffer.copy(copy, at, start, end);
  return copy;
}

/**
 * The same bytes, for a peer that is slow: small ranges move to memory of their own, so that a few bytes that wait for
 * long do not keep alive the buffers that they share with everybody else's.
 *
 * @param large bytes from which on a range stays where it is
 * @param together bytes that are copied into one: so each byte is copied a few times at most, however often this is called
 */
export function keepApart(ranges: Range[], large: number, together: number): Range[] {
  const kept: Range[] = [];
  let run: Range[] = [];
  let size = 0;
  const closeRun = () => {
    if (run.length === 0) return;
    for (let last = kept.at(-1); last && last.end - last.start <= Math.min(size, together); last = kept.at(-1)) {
      run.unshift(last);
      size += last.end - last.start;
      kept.pop();
    }
    kept.push({ buffer: copyOf(run, size), start: 0, end: size });
    run = [];
    size = 0;
  };
  for (const range of ranges) {
    const length = range.end - range.start;
    if (length >= large || length * 2 >= range.buffer.buffer.byteLength) {
      closeRun();
      kept.push(range);
    } else {
      run.push(range);
      size += length;
    }
  }
  closeRun();
  return kept;
}
