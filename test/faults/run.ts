/** `node -r ts-node/register test/faults/run.ts`: the chaos of chaos.test.ts, as long and as large as one likes. */

import { parseArgs } from 'node:util';
import { findProgram } from '../support/debian-tool';
import { type BrokerKind, brokerKinds, brokerPrograms } from './support/broker';
import { chaosDefaults, describeResult, runChaos } from './support/chaos';

const usage = `node -r ts-node/register test/faults/run.ts [options]

  --broker NAME     ${brokerKinds.join(' or ')}; all of them, one after the other, where none is named
  --seconds N       how long there is traffic (60)
  --nodes N         (${chaosDefaults.nodes})
  --clients N       (${chaosDefaults.clients})
  --rooms N         (${chaosDefaults.rooms})
  --rate N          messages a second, of all clients together (${chaosDefaults.rate})
  --pause N         the broker is also paused, for so many seconds (0)
  --partition N     one node is also parted from the broker, for so many seconds (0)
  --help`;

type Values = Partial<Record<string, string | boolean>>;

const string = { type: 'string' } as const;
const options = {
  ...{ broker: string, seconds: string, nodes: string, clients: string, rooms: string },
  ...{ rate: string, pause: string, partition: string },
  help: { type: 'boolean', short: 'h' },
} as const;

function numberOf(values: Values, name: string, fallback: number): number {
  const number = Number(values[name] ?? fallback);
  if (!(number >= 0)) throw new Error(`--${name} needs a number, not '${values[name]}'\n\n${usage}`);
  return number;
}

async function runWith(broker: BrokerKind, values: Values): Promise<boolean> {
  const program = findProgram(brokerPrograms[broker]);
  if (program === undefined) throw new Error(`${broker} needs the program ${brokerPrograms[broker]}`);
  const sizes = { ...chaosDefaults };
  for (const name of Object.keys(sizes) as (keyof typeof sizes)[]) sizes[name] = numberOf(values, name, sizes[name]);
  const note = (line: string) => console.log(`${broker}, ${line}`);
  const result = await runChaos({ broker, program, seconds: numberOf(values, 'seconds', 60), ...sizes, note });
  console.log(`${broker}: ${describeResult(result)}`);
  for (const fault of result.faults.slice(0, 50)) console.log(`  ${fault}`);
  return result.faults.length === 0 && result.gaps === 0;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) {
    console.log(usage);
    return;
  }
  const unknown = values.broker !== undefined && !(brokerKinds as readonly string[]).includes(values.broker);
  if (unknown) throw new Error(`--broker is ${brokerKinds.join(' or ')}, not '${values.broker}'\n\n${usage}`);
  const chosen = values.broker === undefined ? brokerKinds : [values.broker as BrokerKind];
  for (const broker of chosen) if (!(await runWith(broker, values))) process.exitCode = 1;
}

// mocha loads this file with the tests.
if (require.main === module) {
  main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
