/** `node -r ts-node/register test/soak/run.ts`: the soak of soak.test.ts, as long and as large as one likes. */

import { parseArgs } from 'node:util';
import { soak } from './support/soak';

const usage = `node -r ts-node/register test/soak/run.ts [options]

  --connections N   at the same time (18000; each process needs half as many open files, the server all)
  --seconds N       how long the crowd is there (600)
  --churn N         so many go every second, and as many come (100)
  --help`;

const string = { type: 'string' } as const;
const options = {
  ...{ connections: string, seconds: string, churn: string },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(usage);
    return;
  }
  const numberOf = (name: 'connections' | 'seconds' | 'churn', fallback: number): number => {
    const number = Number(values[name] ?? fallback);
    if (!(number > 0)) throw new Error(`--${name} needs a number above 0, not '${values[name]}'\n\n${usage}`);
    return number;
  };
  const { crowd, faults } = await soak({
    connections: numberOf('connections', 18_000),
    seconds: numberOf('seconds', 600),
    churn: numberOf('churn', 100),
    note: (line) => console.log(line),
  });
  for (const { heard, gone } of crowd)
    console.log(`A part of the crowd heard ${heard} messages, and went by code: ${JSON.stringify(gone)}`);
  console.log(faults.length === 0 ? 'Flat: nothing was left behind, and nothing went wrong.' : faults.join('\n'));
  if (faults.length > 0) process.exitCode = 1;
}

// mocha loads this file with the tests.
if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
