import { expect } from 'chai';
import {
  type Allocation,
  allocationBeyond,
  allocationByFunction,
  allocationPeers,
  formatAllocation,
  formatFunctions,
  measureAllocation,
} from '../../bench/allocation';
import { openWorkshop, type Workshop } from '../../bench/workshop';
import { needGenerator } from '../support/bench-generator';

const always = (median: number) => ({ median, min: median, max: median });

function allocation(peer: string, heap: number, value = 0): Allocation {
  return { peer, message: 'text', inFlight: 10, heap: always(heap), external: always(0), value };
}

describe('bench allocation', function () {
  this.timeout(120_000);
  let workshop: Workshop | undefined;

  before(function () {
    this.timeout(600_000);
    needGenerator(this);
    workshop = openWorkshop();
  });
  after(() => workshop?.remove());

  const tiny = () => ({
    setup: { workshop: workshop!, cores: { server: undefined, generator: undefined } },
    warmup: 500,
    reads: 300,
    windows: 1,
  });

  it('is measured for text and binary, 1 and 32 in flight, ours and bare Node', async () => {
    const all = await measureAllocation(tiny());
    const wanted = ['text', 'binary'].flatMap((message) =>
      [1, 32].flatMap((inFlight) => ['switchboard', 'net'].map((peer) => ({ peer, message, inFlight }))),
    );
    expect(all.map(({ peer, message, inFlight }) => ({ peer, message, inFlight }))).to.deep.equal(wanted);
    for (const { message, heap, external, value } of all) {
      // A read and a write make some objects, and a cold server not a megabyte.
      expect(heap.median).to.be.within(100, 100_000);
      expect(external.median).to.be.within(-1_000, 100_000);
      // 16 bytes of header and 32 characters; a Buffer is an object of a dozen fields.
      if (message === 'text') expect(value).to.be.within(48, 49);
      else expect(value).to.be.within(64, 256);
    }
  });

  it('is told by function', async () => {
    const wanted = { message: 'binary', inFlight: 1 } as const;
    const net = allocationPeers.find(({ name }) => name === 'net')!;
    const functions = await allocationByFunction(tiny(), net, wanted);
    expect(functions.length).to.be.above(3);
    expect(functions.map(({ bytes }) => bytes)).to.deep.equal(
      functions.map(({ bytes }) => bytes).toSorted((a, b) => b - a),
    );
    const text = formatFunctions('net', wanted, functions);
    expect(text)
      .to.match(/net, binary, 1 in flight.*\n +[\d.]+ B /)
      .and.contain('node:net:');
  });

  it('takes off what Node and the value take', () => {
    const mine = allocation('switchboard', 1_600, 48);
    const all = [mine, allocation('net', 1_000)];
    // 600 more for ten messages, of which 48 each are the strings.
    expect(allocationBeyond(mine, all)).to.equal(12);
    expect(allocationBeyond(mine, [mine])).to.equal(undefined);
    expect(formatAllocation(all)).to.match(/switchboard +1600 +1600 – 1600 +0\.0 +160 +48 +12\n/);
  });
});
