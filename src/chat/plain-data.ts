/**
 * How deep arrays and objects may lie in each other in what members say. JSON.parse() takes any depth, and everything that
 * walks through the result, as JSON.stringify() does, runs out of stack somewhere.
 */
export const maxDepth = 100;

/** Whether parsed JSON is deeper than `maxDepth`. */
export function isTooDeep(value: unknown, left = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  for (const key in value) {
    if (Object.hasOwn(value, key) && isTooDeep((value as Record<string, unknown>)[key], left - 1)) return true;
  }
  return false;
}

/** What arrives of a value that goes out as JSON; undefined where it has none, or is too deep. */
export function plainOf(value: unknown): unknown {
  let plain: unknown;
  try {
    plain = JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
  return isTooDeep(plain) ? undefined : plain;
}
