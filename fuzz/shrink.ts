/**
 * A shorter input that fails as well: ranges are left out while it still does, then bytes are made zero.
 *
 * @param fails tries an input, which it may change
 * @param budget how many may be tried
 */
export async function shrink(
  input: Buffer,
  fails: (candidate: Buffer) => Promise<boolean>,
  budget = 2000,
): Promise<Buffer> {
  let best = input;
  let left = budget;
  const accept = async (candidate: Buffer): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(Buffer.from(candidate)))) return false;
    best = candidate;
    return true;
  };
  for (let size = Math.ceil(best.length / 2); size >= 1 && left > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length && left > 0; ) {
      if (!(await accept(Buffer.concat([best.subarray(0, at), best.subarray(at + size)])))) at += size;
    }
  }
  for (let at = 0; at < best.length && left > 0; at++) {
    if (best[at] === 0) continue;
    const simpler = Buffer.from(best);
    simpler[at] = 0;
    await accept(simpler);
  }
  return best;
}
