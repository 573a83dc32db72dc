/** A failure that a person can act on: the bench prints its message without a stack. */
export class BenchError extends Error {
  override name = 'BenchError';
}
