/** Who does not wait for it any more must not end the process when it is rejected. */
export function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {});
  return promise;
}
