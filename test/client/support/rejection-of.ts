/** The error of this class that the promise is rejected with; anything else fails the test. */
export async function rejectionOf<Kind extends Error>(
  kind: abstract new (...args: never[]) => Kind,
  promise: Promise<unknown>,
): Promise<Kind> {
  const outcome = await promise.then(
    () => 'it was fulfilled',
    (error: unknown) => error,
  );
  if (outcome instanceof kind) return outcome;
  throw outcome instanceof Error ? outcome : new Error(`Where a ${kind.name} is due, ${String(outcome)}`);
}
