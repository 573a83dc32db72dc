import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { drawCharts, writeCharts } from '../../bench/charts/draw';
import type { Figures } from '../../bench/charts/figures';
import { panels } from '../../bench/charts/panels';
import type { Chart } from '../../bench/charts/svg';
import { drawThroughput } from '../../bench/charts/throughput-chart';
import { growthSeries } from '../../bench/growth';
import type { Sample } from '../../bench/measure';
import { peers, serviceFor } from '../../bench/peers';
import type { Measured } from '../../bench/results';
import { type Scenario, scenarios } from '../../bench/scenarios';
import { needBenchPackages } from '../support/bench-packages';
import { debianTool } from '../support/debian-tool';

/** Three rounds, of which the third is the slowest; each peer has other figures. */
function sampleOf(peer: number, round: number): Sample {
  const value = 1_000 * (peer + 1) * (1 - round / 10);
  return { value, serverCpu: 0.5, latency: { p50: 90, p90: value / 10, p99: value, p999: value * 2 } };
}

function resultOf(scenario: Scenario, names: readonly string[]): Measured {
  const samples = names.map((name, peer) => [name, [0, 1, 2].map((round) => sampleOf(peer, round))] as const);
  return { scenario, samples: Object.fromEntries(samples) };
}

const namesIn = (scenario: Scenario) => peers.filter((peer) => serviceFor(peer, scenario)).map(({ name }) => name);

const figures: Figures = {
  date: '2026-11-21T10:20:30.000Z',
  command: 'npm run bench -- --full --json figures.json',
  machine: {
    cpu: 'Abacus <3 & Co.',
    cores: 2,
    memory: 1,
    kernel: '6.1',
    node: 'v20.19.0',
    v8: '11.3',
    packages: { switchboard: '0.1.0', ws: '8.23.0' },
    pinned: { server: 1, generator: 0 },
  },
  results: [
    ...scenarios.map((scenario) => resultOf(scenario, namesIn(scenario))),
    ...growthSeries.flatMap(({ steps }) =>
      steps.map((step) =>
        resultOf(
          step.scenario,
          step.peers.map(({ name }) => name),
        ),
      ),
    ),
  ],
};

/** What is written in the chart, not what only a screen reader says. */
function textsOf({ svg }: Chart): string {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text).join('\n');
}

const descriptionOf = ({ svg }: Chart): string => /<desc[^>]*>([^<]*)<\/desc>/.exec(svg)?.[1] ?? '';

/** Titles are broken where a column ends. */
const joined = (text: string) => text.replace(/\s+/g, ' ');

describe('bench charts', function () {
  this.timeout(30_000);
  let charts: Chart[];

  before(function () {
    needBenchPackages(this);
    charts = drawCharts(figures);
  });

  const chart = (file: string): Chart => charts.find((one) => one.file === file)!;

  it('are drawn for the main scenarios, each panel, latency, and each series of growth', () => {
    expect(charts.map(({ file }) => file)).to.include.members([
      'throughput.svg',
      ...panels.map(({ name }) => `throughput-${name}.svg`),
      'latency-half-peak.svg',
      ...growthSeries.map(({ name }) => `growth-${name}.svg`),
    ]);
  });

  it('are well-formed XML', function () {
    const xmllint = debianTool(this, 'xmllint', 'libxml2-utils');
    for (const { file, svg } of charts) {
      const { status, stderr } = spawnSync(xmllint, ['--noout', '-'], { input: svg, encoding: 'utf8' });
      expect(status, `${file}: ${stderr}`).to.equal(0);
    }
  });

  it('are below 100 kB, without scripts and style sheets, and have a ground, a title and a description', () => {
    for (const { file, svg } of charts) {
      expect(svg.length, file).to.be.below(100_000);
      expect(svg, file).to.not.match(/<script|<style|class=|ecmeta/);
      expect(svg, file).to.match(
        /^<svg [^>]*role="img" aria-labelledby="chart-title chart-description">\n<title id="chart-title">/,
      );
      expect(svg, file).to.match(/<rect [^>]*fill="#ffffff"/);
    }
  });

  it('are the same bytes for the same figures', () => {
    expect(drawCharts(structuredClone(figures))).to.deep.equal(charts);
  });

  it('say the machine, the versions, the date and the command', () => {
    for (const one of charts) {
      expect(joined(textsOf(one)), one.file)
        .to.contain('Abacus &lt;3 &amp; Co., 2 cores, server on core 1, generator on core 0')
        .and.contain('Node v20.19.0, switchboard 0.1.0, ws 8.23.0, 2026-11-21')
        .and.contain('npm run bench -- --full --json figures.json');
    }
  });

  for (const scenario of scenarios.filter(({ load }) => load !== 'latency')) {
    it(`have a place for ${scenario.name}, with every peer`, () => {
      const holding = panels.filter((panel) => panel.holds(scenario));
      expect(holding).to.have.length(1);
      const one = chart(`throughput-${holding[0]!.name}.svg`);
      expect(joined(textsOf(one))).to.contain(scenario.title);
      const line = descriptionOf(one)
        .split('\n')
        .find((text) => text.startsWith(`${scenario.title}, ${scenario.unit}: `))!;
      for (const name of namesIn(scenario)) {
        expect(textsOf(one).split('\n')).to.include(name);
        expect(line).to.match(new RegExp(`[:;] ${name} (\\(ours\\) )?\\d`));
      }
    });
  }

  it('say the median, the spread and the ratio of a bar', () => {
    const [one] = drawThroughput({ ...figures, results: [resultOf(scenarios[0]!, ['switchboard', 'ws'])] });
    expect(descriptionOf(one!)).to.contain(
      'switchboard (ours) 900 (800 to 1.00 k); ws 1.80 k · ours 0.50 × (1.60 k to 2.00 k).',
    );
    expect(textsOf(one!)).to.contain('1.80 k · ours 0.50 ×');
  });

  it('draw a bar as long as its median, from zero', () => {
    const [one] = drawThroughput({ ...figures, results: [resultOf(scenarios[0]!, ['switchboard', 'ws'])] });
    const lengths = [
      ...one!.svg.matchAll(/<path d="M[\d.]+ [\d.]+l([\d.]+) 0l0 12l[^"]*" fill="#(?:0b5fcc|9aa5b1)"/g),
    ].map(([, length]) => Number(length));
    expect(lengths).to.have.length(2);
    expect(lengths[1]! / lengths[0]!).to.be.closeTo(2, 0.01);
  });

  it('say who failed', () => {
    const results = [{ scenario: scenarios[0]!, samples: { switchboard: [sampleOf(0, 0)], ws: [null] } }];
    const [one] = drawThroughput({ ...figures, results });
    expect(textsOf(one!)).to.match(/^failed$/m);
    expect(descriptionOf(one!)).to.contain('ws failed');
  });

  for (const series of growthSeries) {
    it(`have every step and every peer of the growth of ${series.name}`, () => {
      const one = chart(`growth-${series.name}.svg`);
      const [first] = series.steps;
      for (const { name } of first!.peers) {
        expect(textsOf(one).split('\n')).to.include(name);
        const line = new RegExp(`${name}: ([^.:]*(?:\\.\\d[^.:]*)*)\\.`).exec(descriptionOf(one))?.[1] ?? '';
        expect(
          line.split(', ').filter((part) => part.includes(' at ')),
          name,
        ).to.have.length(series.steps.length);
      }
    });
  }

  it('draw growth per second of processor time', () => {
    expect(descriptionOf(chart('growth-rooms.svg'))).to.contain('switchboard: 1.80 k at 1,');
  });

  it('have the percentiles of latency', () => {
    expect(descriptionOf(chart('latency-half-peak.svg'))).to.match(
      /switchboard: p50 90 µs, p90 90 µs, p99 900 µs, p99\.9 1\.8 ms\./,
    );
  });

  it('are written into a folder that need not exist', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'charts-test-'));
    try {
      const [file] = writeCharts({ ...figures, results: figures.results.slice(0, 1) }, path.join(folder, 'a', 'b'));
      expect(readdirSync(path.dirname(file!))).to.include(path.basename(file!));
      expect(readFileSync(file!, 'utf8')).to.match(/<\/svg>\s*$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
