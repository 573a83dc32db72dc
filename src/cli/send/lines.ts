const newline = 0x0a;
const carriageReturn = 0x0d;

/** The lines of a stream of bytes, without what ends them; the last one may have no end. */
export async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let parts: Buffer[] = [];
  for await (const chunk of source) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      yield line([...parts, chunk.subarray(from, end)]);
      parts = [];
      from = end + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (parts.length > 0) yield line(parts);
}

function line(parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  return bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
}
