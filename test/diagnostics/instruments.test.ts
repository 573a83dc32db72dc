import { expect } from 'chai';
import { instruments } from '../../src/diagnostics/instruments';
import type { Metrics } from '../../src/diagnostics/metrics';
import { metricsWith } from '../dashboard/support/metrics';

/** Metrics where nothing has happened. */
const nothing = metricsWith();

/** The paths of all numbers, and of all records of numbers. */
function pathsOf(part: object, above: readonly string[] = []): string[][] {
  return Object.entries(part).flatMap(([name, value]) => {
    const path = [...above, name];
    const isPart = typeof value === 'object' && Object.keys(value).length > 0;
    return isPart ? pathsOf(value, path) : [path];
  });
}

/** Metrics where something has happened at one path. */
function changedAt(path: readonly string[]): Metrics {
  const before = path.reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], nothing);
  const after = typeof before === 'number' ? 1 : typeof before === 'string' ? 'degraded' : { X: 1 };
  return metricsWith(path.reduceRight<object | string | number>((part, name) => ({ [name]: part }), after) as object);
}

describe('instruments', () => {
  const paths = pathsOf(nothing).filter(([first, second]) => first !== 'at' && second !== 'duration');

  it('are as many as there is to tell', () => {
    expect(instruments).to.have.lengthOf(paths.length);
    expect(new Set(instruments.map(({ name }) => name))).to.have.lengthOf(paths.length);
  });

  for (const path of paths) {
    it(`have one that reads ${path.join('.')}`, () => {
      const changed = changedAt(path);
      const moved = instruments.filter(({ read }) => JSON.stringify(read(changed)) !== JSON.stringify(read(nothing)));
      expect(moved).to.have.lengthOf(1);
      const isRecord = typeof moved[0]!.read(changed) === 'object';
      expect(moved[0]!.by !== undefined).to.equal(isRecord);
    });
  }
});
