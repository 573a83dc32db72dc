import { expect } from 'chai';
import { beyond } from './cases/beyond';
import { allCases, chapters } from './cases/chapters';
import type { FuzzingPeer } from './support/fuzzing-peer';
import { runCase } from './support/run-case';
import { type TestedEndpoint, testedClient, testedServer } from './support/tested-endpoint';

/** How many cases each group has, as the suite's own list counts them. */
const counts: Record<string, number> = {
  ...{ '1.1': 8, '1.2': 8, '2': 11, '3': 7, '4.1': 5, '4.2': 5, '5': 20 },
  ...{ '6.1': 3, '6.2': 4, '6.3': 2, '6.4': 4, '6.5': 5, '6.6': 11, '6.7': 4, '6.8': 2, '6.9': 4, '6.10': 3 },
  ...{ '6.11': 5, '6.12': 8, '6.13': 5, '6.14': 10, '6.15': 1, '6.16': 3, '6.17': 5, '6.18': 5, '6.19': 5 },
  ...{ '6.20': 7, '6.21': 8, '6.22': 34, '6.23': 7 },
  ...{ '7.1': 6, '7.3': 6, '7.5': 1, '7.7': 13, '7.9': 9, '7.13': 2 },
  ...{ '9.1': 6, '9.2': 6, '9.3': 9, '9.4': 9, '9.5': 6, '9.6': 6, '9.7': 6, '9.8': 6, '10.1': 1 },
  ...{ '12.1': 18, '12.2': 18, '12.3': 18, '12.4': 18, '12.5': 18 },
  ...{ '13.1': 18, '13.2': 18, '13.3': 18, '13.4': 18, '13.5': 18, '13.6': 18, '13.7': 18 },
};

describe('The Autobahn test suite', () => {
  let passed = 0;

  it('has 517 cases, each with its number', () => {
    const numbers = Object.entries(counts).flatMap(([group, count]) =>
      Array.from({ length: count }, (_, index) => `${group}.${index + 1}`),
    );
    expect(numbers).to.have.length(517);
    expect(allCases.map(({ number }) => number).sort()).to.deep.equal(numbers.sort());
  });

  for (const [who, open] of [
    ['our server', testedServer],
    ['our client', testedClient],
  ] as const) {
    describe(`against ${who}`, () => {
      let endpoint: TestedEndpoint;
      let peer: FuzzingPeer | undefined;

      before(async () => {
        endpoint = await open();
      });
      afterEach(() => peer?.destroy());
      after(() => endpoint.close());

      for (const { title, cases } of [...chapters, beyond]) {
        describe(title, () => {
          for (const each of cases) {
            it(`${each.number} ${each.says}`, async function () {
              if (each.rounds !== undefined) this.timeout(480_000);
              peer = await endpoint.meet(each);
              await runCase(each, endpoint.role, peer);
              if (cases !== beyond.cases) passed++;
            });
          }
        });
      }
    });
  }

  after(() => {
    const full = process.env.npm_lifecycle_event === 'autobahn' ? 'all their messages' : 'fewer messages in 12 and 13';
    console.log(`\n    Autobahn: ${allCases.length} cases × 2 roles, ${full}: ${passed} of ${2 * allCases.length} OK`);
  });
});
