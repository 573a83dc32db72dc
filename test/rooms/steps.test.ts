import { expect } from 'chai';
import type { Eventually } from '../../src/rooms/adapter';
import { attempt, reportMistake, run, wait } from '../../src/rooms/steps';
import { settled } from '../support/simulated-broker';

describe('steps', () => {
  /** Adds up what it is given, later or at once. */
  function* sumOf(
    values: Eventually<number>[],
    told: (sum: number) => void,
  ): Generator<Eventually<number>, void, number> {
    let sum = 0;
    for (const value of values) sum += yield* wait(value);
    told(sum);
  }

  it('is done within the call where nothing has to be waited for', () => {
    let sum = 0;
    run(
      sumOf([1, 2, 3], (told) => {
        sum = told;
      }),
      () => {},
    );
    expect(sum).to.equal(6);
  });

  it('waits for promises among values', async () => {
    const sum = await new Promise<number>((resolve, reject) =>
      run(sumOf([1, Promise.resolve(2), 3, Promise.resolve(4)], resolve), reject),
    );
    expect(sum).to.equal(10);
  });

  it('goes through ten thousand values without a stack for each', () => {
    let sum = 0;
    const ones = Array.from({ length: 10_000 }, () => 1);
    run(
      sumOf(ones, (told) => {
        sum = told;
      }),
      () => {},
    );
    expect(sum).to.equal(10_000);
  });

  it('hands over what a step throws, and what a promise rejects with', async () => {
    const failures: unknown[] = [];
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    run(
      // biome-ignore lint/correctness/useYield: it throws before it would
      (function* () {
        throw thrown;
      })(),
      (error) => failures.push(error),
    );
    expect(failures).to.deep.equal([thrown]);
    run(
      sumOf([1, Promise.reject(rejected)], () => {}),
      (error) => failures.push(error),
    );
    await settled();
    expect(failures).to.deep.equal([thrown, rejected]);
  });

  it('lets the steps catch a rejection, and go on', async () => {
    const seen: unknown[] = [];
    function* steps(): Generator<Eventually<number>, void, number> {
      try {
        yield* wait(Promise.reject<number>(new Error('lost')));
      } catch (error) {
        seen.push((error as Error).message);
      }
      seen.push(yield* wait(7));
      seen.push(yield* wait(Promise.resolve(8)));
    }
    run(steps(), (error) => seen.push(error));
    await settled();
    expect(seen).to.deep.equal(['lost', 7, 8]);
  });

  it('makes a call whose failure needs nobody', async () => {
    attempt(() => {
      throw new Error('within the call');
    });
    attempt(() => Promise.reject(new Error('later')));
    // An unhandled rejection would fail the run.
    await settled();
  });

  it('prints a mistake', () => {
    const { error: real } = console;
    const printed: unknown[] = [];
    console.error = (mistake: unknown) => printed.push(mistake);
    try {
      const mistake = new Error('mistake');
      reportMistake(mistake);
      expect(printed).to.deep.equal([mistake]);
    } finally {
      console.error = real;
    }
  });
});
