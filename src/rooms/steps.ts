import type { Eventually } from './adapter';

/**
 * Runs steps that wait with `yield*` for what is there only later, as an async function does with `await`; but what is there
 * already is not waited for, so that within one process everything happens inside the call.
 *
 * @param failed gets what a step throws, or rejects with
 */
export function run(steps: Generator<Eventually<unknown>, void, unknown>, failed: (error: unknown) => void): void {
  const proceed = (result: unknown): void => {
    try {
      for (let given = result; ; ) {
        const { done, value } = steps.next(given);
        if (done) return;
        if (value instanceof Promise) {
          value.then(proceed, fail);
          return;
        }
        given = value;
      }
    } catch (error) {
      failed(error);
    }
  };
  const fail = (error: unknown): void => {
    try {
      const { done, value } = steps.throw(error);
      if (done) return;
      if (value instanceof Promise) value.then(proceed, fail);
      else proceed(value);
    } catch (thrown) {
      failed(thrown);
    }
  };
  proceed(undefined);
}

/** One step: `const page = yield* wait(space.read(…))`. */
export function* wait<Value>(value: Eventually<Value>): Generator<Eventually<Value>, Value, Value> {
  return yield value;
}

/** Runs steps whose failure needs nobody: the adapter is degraded by it, and they are taken again afterwards. */
export function attemptSteps(steps: Generator<Eventually<unknown>, void, unknown>): void {
  run(steps, () => {});
}

/** Makes a call whose failure needs nobody: the adapter is degraded by it, and what was to be said is said again afterwards. */
export function attempt(call: () => Eventually<unknown>): void {
  run(
    (function* () {
      yield* wait(call());
    })(),
    () => {},
  );
}

/**
 * Says that whoever was told something has thrown. What is told next must not suffer from that, nor the others; and who caused
 * it is another node, to which nothing can be thrown.
 */
export function reportMistake(error: unknown): void {
  console.error(error);
}
