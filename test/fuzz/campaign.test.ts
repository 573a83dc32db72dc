import path from 'node:path';
import { expect } from 'chai';
import { type Campaign, run } from '../../fuzz/campaign';
import { target } from './support/planted';

const file = path.join(__dirname, 'support', 'planted');

function campaign(given: Partial<Campaign>): Campaign {
  return { target, file, stored: [], seed: 1, from: 0, inputs: 100, patience: 1, ...given };
}

function stored(...texts: string[]) {
  return texts.map((text) => ({ name: `${text.slice(0, 1)}.bin`, bytes: Buffer.from(text) }));
}

describe('fuzz campaign', function () {
  this.timeout(60_000);

  it('tries as many inputs as it is told to, and finds nothing where nothing is', async () => {
    expect(await run(campaign({}))).to.deep.equal({ tried: 100, findings: [] });
  });

  it('finds an exception, makes its input smaller, and goes on', async () => {
    const { tried, findings } = await run(campaign({ stored: stored('Tsome long text that is bad, as can be seen') }));
    expect(tried).to.equal(100);
    expect(findings).to.have.length(1);
    expect(findings[0]).to.include({ target: 'planted', seed: 1, input: 'T.bin' });
    expect(findings[0]!.what).to.match(/^RangeError: a planted exception\n +at /);
    expect(findings[0]!.bytes.toString()).to.equal('Tbad');
  });

  it('finds a rejection that nobody handles', async () => {
    const { findings } = await run(campaign({ stored: stored('R') }));
    expect(findings.map(({ what }) => what.split('\n')[0])).to.deep.equal(['Error: a planted rejection']);
  });

  it('finds an input that never ends, and goes on behind it', async () => {
    const { tried, findings } = await run(campaign({ stored: stored('L', 'Tbad') }));
    expect(tried).to.equal(100);
    expect(findings.map(({ input }) => input)).to.deep.equal(['L.bin', 'T.bin']);
    expect(findings[0]!.what).to.contain('has not ended after 1 seconds of processor time');
    expect(findings[0]!.bytes.toString()).to.equal('L');
  });

  it('finds an input that takes all memory', async () => {
    const { tried, findings } = await run(campaign({ stored: stored('M'), patience: 30 }));
    expect(tried).to.equal(100);
    expect(findings).to.have.length(1);
    expect(findings[0]).to.include({ input: 'M.bin' });
    expect(findings[0]!.what).to.match(/memory|has grown/);
  });

  it('stops in time', async () => {
    const { tried, findings } = await run(campaign({ inputs: 2 ** 30, seconds: 1 }));
    expect(tried).to.be.within(1, 2 ** 30 - 1);
    expect(findings).to.deep.equal([]);
  });
});
