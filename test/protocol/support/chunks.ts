/** The ways to cut an input up. The chunks are a copy, as a decoder unmasks in place. */
export const chunkings: ReadonlyArray<{ name: string; cut(input: Buffer): Buffer[] }> = [
  { name: 'whole', cut: (input) => [Buffer.from(input)] },
  { name: 'byte by byte', cut: (input) => cutAt(input, Array.from(input.keys())) },
  ...[1, 2, 3, 4].map((seed) => ({
    name: `split at random (seed ${seed})`,
    cut: (input: Buffer) => cutAt(input, randomPlaces(input.length, seed)),
  })),
];

/** Cuts before each of these places. The copy lies at an odd address, so that no payload is aligned to words by luck. */
export function cutAt(input: Buffer, places: readonly number[]): Buffer[] {
  const copy = Buffer.alloc(input.length + 1).subarray(1);
  input.copy(copy);
  const chunks: Buffer[] = [];
  let start = 0;
  for (const end of [...places, input.length].sort((a, b) => a - b)) {
    if (end === start) continue;
    chunks.push(copy.subarray(start, end));
    start = end;
  }
  return chunks;
}

/** Up to twelve places: many chunks of a short input, few of a long one. */
function randomPlaces(length: number, seed: number): number[] {
  const random = seededRandom(seed * 7919 + length);
  return Array.from({ length: 1 + random(12) }, () => random(length + 1));
}

/** Marsaglia's xorshift: the same numbers in every run. The function returns a whole number below its argument. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
