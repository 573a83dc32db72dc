import { expect } from 'chai';
import { run } from '../../fuzz/campaign';
import { loadCorpus } from '../../fuzz/corpus';
import { formatFinding } from '../../fuzz/report';
import { fileOf, targets } from '../../fuzz/targets';

/** Inputs for each target, times its share; `npm run fuzz` tries millions. */
const inputs = 2000;
const seed = 6455;

describe('fuzz', function () {
  this.timeout(120_000);

  for (const target of targets) {
    it(`${target.name}: ${target.title}`, async () => {
      const stored = loadCorpus(target.name);
      const count = Math.ceil(inputs * target.share);
      const { tried, findings } = await run({ target, file: fileOf(target), stored, seed, from: 0, inputs: count });
      expect(findings.map((finding) => formatFinding(finding)).join('\n')).to.equal('');
      expect(tried).to.equal(count);
    });
  }
});
