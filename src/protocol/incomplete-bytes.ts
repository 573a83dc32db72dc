import { OverloadError } from './errors';

/** A message that takes no more than so many bytes is always collected: an honest small one gets through while a flood is on. */
const guaranteed = 64 * 1024;

let total = 0;

/** Bytes of memory in which messages are collected that have not come to their end, on all connections of the process. */
export function incompleteBytes(): number {
  return total;
}

/**
 * Counts that a message takes so many bytes more, or fewer.
 *
 * @param size what it takes then, in bytes
 * @param limit bytes that all messages together may take
 * @throws OverloadError where they would take more; then nothing is counted
 */
export function countIncomplete(more: number, size = 0, limit = Number.POSITIVE_INFINITY): void {
  if (total + more > limit && size > guaranteed) {
    throw new OverloadError(
      `Messages that have not come to their end would take more than maxIncompleteBytes (${limit} bytes)`,
      { code: 'INCOMPLETE_BYTES' },
    );
  }
  total += more;
}
