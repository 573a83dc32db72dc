import { expect } from 'chai';
import type { Setup } from '../../bench/load';
import { measure, type Sample } from '../../bench/measure';
import { needsRedis, peers, serviceFor } from '../../bench/peers';
import { type Scenario, scenarios } from '../../bench/scenarios';
import { openWorkshop, type Workshop } from '../../bench/workshop';
import { needGenerator } from '../support/bench-generator';
import { needBenchPackages } from '../support/bench-packages';
import { debianHeader, debianTool } from '../support/debian-tool';

/** One of each kind of load, as the bench has it but small. */
const kinds = [
  ...['echo-32x8', 'echo-64KiBx1', 'fanout-200x16', 'chat-200x16', 'deflate-echo', 'deflate-fanout', 'wss-echo-32x8'],
  ...['handshake-express', 'handshake-bare', 'latency-half-peak', 'idle-10000', 'idle-deflate', 'idle-deflate-used'],
  ...['http2-echo-32x8', 'http2-echo-100on1-32x8-stalled', 'idle-http2-100on1', 'rooms-10k', 'nodes-fanout-200x16'],
].map((name) => shrink(scenarios.find((scenario) => scenario.name === name)!));

function shrink(scenario: Scenario): Scenario {
  if (scenario.load === 'rooms') return { ...scenario, connections: 4, rooms: 500 };
  if (scenario.load !== 'idle') return { ...scenario, connections: 4 };
  // Enough that the growth of memory is more than what a process grows by anyway.
  return { ...scenario, connections: 1_000, ...(scenario.exchanged !== undefined && { exchanged: 2 }) };
}

/** Messages a second: half of it is nothing for anybody, also on a busy machine. */
const PEAK = 2_000;

function check(scenario: Scenario, sample: Sample): void {
  if (scenario.load === 'idle') {
    expect(sample.value).to.be.within(100, 500_000);
    return;
  }
  expect(sample.value).to.be.above(0);
  expect(sample.serverCpu).to.be.above(0);
  if (scenario.load === 'rooms') {
    expect(sample.leavesPerSecond).to.be.above(0);
    expect(sample.bytesPerRoom).to.be.within(50, 10_000);
    return;
  }
  expect(sample.latency!.p999).to.be.at.least(sample.latency!.p50);
  if (scenario.load === 'latency') expect(sample.rate).to.equal(PEAK / 2);
  if (scenario.message?.compressed) expect(sample.meanPayload).to.be.within(50, scenario.message.size * 0.75);
}

describe('bench peers', function () {
  this.timeout(60_000);

  for (const peer of peers) {
    for (const tls of peer.speaksTls ? [false, true] : [false]) {
      const taking = kinds.filter((scenario) => (scenario.tls ?? false) === tls && serviceFor(peer, scenario));
      describe(`${peer.name}${tls ? ', over TLS' : ''}`, () => {
        let workshop: Workshop | undefined;

        before(function () {
          this.timeout(600_000);
          needGenerator(this);
          if (tls) debianHeader(this, 'openssl/ssl.h', 'libssl-dev');
          if (peer.needs !== undefined) needBenchPackages(this);
          if (taking.some((scenario) => needsRedis(peer, scenario))) debianTool(this, 'redis-server');
          // Last, because the generator is compiled there, and servers find there what is installed.
          workshop = openWorkshop();
        });
        after(() => workshop?.remove());

        for (const scenario of taking) {
          it(`does what ${scenario.name} asks for`, async () => {
            const cores = { server: undefined, generator: undefined };
            const setup: Setup = { workshop: workshop!, cores, warmup: 10, duration: 200 };
            check(scenario, await measure(setup, scenario, peer, PEAK));
          });
        }
      });
    }
  }
});

describe('bench measure', () => {
  it('says so when a peer has no part in a scenario', async () => {
    const [express] = peers.filter(({ name }) => name === 'express');
    const attempt = measure({} as Setup, scenarios[0]!, express!);
    const error = await attempt.catch((reason: Error) => reason);
    expect(error).to.include({ name: 'BenchError', message: 'express has no part in echo-32x1' });
  });
});
