import { expect } from 'chai';
import { debianTool } from '../support/debian-tool';
import { brokerKinds, brokerPrograms } from './support/broker';
import { chaosDefaults, describeResult, runChaos } from './support/chaos';

/** `node -r ts-node/register test/faults/run.ts` does the same for a minute, and for longer where one likes. */
const seconds = 12;

describe('chaos', function () {
  this.timeout(120_000);

  for (const broker of brokerKinds) {
    it(`leaves every client with what the logs have, and nobody else present: ${broker}`, async function () {
      const program = debianTool(this, brokerPrograms[broker]);
      const notes: string[] = [];
      const note = (line: string) => notes.push(line);
      const result = await runChaos({ ...chaosDefaults, broker, program, seconds, note });
      const story = [...notes, describeResult(result), ...result.faults.slice(0, 20)].join('\n');
      expect(result.faults, story).to.deep.equal([]);
      // The broker keeps what it has acknowledged, and no client was too slow.
      expect(result.gaps, story).to.equal(0);
      expect(result.acknowledged, story).to.be.above((chaosDefaults.rate * seconds) / 2);
      expect(result.reconnects, story).to.be.at.least(chaosDefaults.clients / chaosDefaults.nodes);
    });
  }
});
