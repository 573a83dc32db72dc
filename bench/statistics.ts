/** What several rounds say together. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Throws on an empty list: there is no median of nothing. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('No values: a median needs at least one');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return {
    median: sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2,
    min: sorted[0]!,
    max: sorted.at(-1)!,
  };
}

/**
 * Two peers compared over the rounds that both have. It is done round by round, because the two measurements of a round are
 * neighbours in time: what else the machine is doing weighs on both.
 */
function compare(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
  how: (mine: number, other: number) => number,
): Spread | undefined {
  const compared = ours.flatMap((value, round) => {
    const other = theirs[round];
    return value === undefined || other === undefined ? [] : [how(value, other)];
  });
  return compared.length === 0 ? undefined : spreadOf(compared);
}

/** How many times as much. */
export function ratioOf(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): Spread | undefined {
  return compare(ours, theirs, (mine, other) => mine / other);
}

/** How much more. */
export function differenceOf(
  ours: readonly (number | undefined)[],
  theirs: readonly (number | undefined)[],
): Spread | undefined {
  return compare(ours, theirs, (mine, other) => mine - other);
}
