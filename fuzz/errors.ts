/** A failure that a person can act on: printed without a stack. */
export class FuzzError extends Error {
  override name = 'FuzzError';
}
