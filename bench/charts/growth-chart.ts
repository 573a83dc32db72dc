/** Lines for how throughput changes as connections, members, messages or rooms grow: one chart for each series. */

import { formatCount } from '../format';
import { type GrowthSeries, type GrowthStep, growthSeries } from '../growth';
import { type Measured, type Pick, peersOf, perCpuSecond, spreadIn } from '../results';
import { createCaption } from './caption';
import { type Figures, roundsOf } from './figures';
import { type LinePanel, lineLayout } from './line-panel';
import { MARGIN, WIDTH } from './style';
import { type Chart, renderSvg } from './svg';

interface MeasuredStep {
  step: GrowthStep;
  result: Measured;
}

/** One chart of each series that there are figures for. */
export function drawGrowth(figures: Figures): Chart[] {
  return growthSeries.flatMap((series) => {
    const measured = series.steps.flatMap((step) => {
      const result = figures.results.find(({ scenario }) => scenario.name === step.scenario.name);
      return result ? [{ step, result }] : [];
    });
    return measured.length > 1 ? [draw(series, measured, figures)] : [];
  });
}

function draw(series: GrowthSeries, measured: readonly MeasuredStep[], figures: Figures): Chart {
  const results = measured.map(({ result }) => result);
  const notes = [
    `Work for each second of processor time that the server used: median of the rounds (${roundsOf(results)}), bars from minimum to maximum. ` +
      'Both axes are logarithmic: equal steps are equal factors.',
  ];
  const caption = createCaption(series.title, notes, figures);
  const names = [...new Set(results.flatMap(peersOf))];
  const panels = panelsOf(series, measured);
  const layout = lineLayout(panels, names, caption.height);
  const svg = renderSvg({
    width: WIDTH,
    height: layout.height + MARGIN,
    title: series.title,
    description: panels.map((panel) => describe(panel, names, series)).join('\n'),
    option: { ...layout.option, title: caption.titles },
  });
  return { file: `growth-${series.name}.svg`, svg };
}

/** Of messages that grow, what goes through in bytes is the other half of the story. */
function panelsOf(series: GrowthSeries, measured: readonly MeasuredStep[]): LinePanel[] {
  const panel = (yName: string, pickAt: (at: number) => Pick, formatY: (value: number) => string): LinePanel => ({
    xName: series.what,
    yName,
    logBase: series.name === 'size' ? 16 : 10,
    formatX: (at) => formatAt(series, at),
    formatY,
    pointsOf: (peer) =>
      measured.flatMap(({ step: { at }, result }) => {
        const found = spreadIn(result, peer, pickAt(at));
        return found ? [{ x: at, ...found }] : [];
      }),
  });
  const unit = series.steps[0]!.scenario.unit === 'deliveries/s' ? 'deliveries' : 'messages';
  const work = panel(`${unit} per CPU second`, () => perCpuSecond, formatCount);
  if (series.name !== 'size') return [work];
  const bytes = panel(
    'bytes per CPU second',
    (at) => (sample) => {
      const messages = perCpuSecond(sample);
      return messages === undefined ? undefined : messages * at;
    },
    formatBytes,
  );
  return [work, bytes];
}

const binaryUnits: readonly [size: number, unit: string][] = [
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
  [1, 'B'],
];

function formatAt(series: GrowthSeries, at: number): string {
  if (series.name !== 'size') return String(at).replace(/\B(?=(\d{3})+$)/g, ',');
  const [size, unit] = binaryUnits.find(([least]) => at >= least)!;
  return `${at / size} ${unit}`;
}

function formatBytes(value: number): string {
  return value >= 1e9 ? `${(value / 1e9).toPrecision(3)} GB` : `${formatCount(value)}B`;
}

function describe(panel: LinePanel, names: readonly string[], series: GrowthSeries): string {
  const lines = names.map((name) => {
    const points = panel.pointsOf(name).map(({ x, median }) => `${panel.formatY(median)} at ${formatAt(series, x)}`);
    return `${name}: ${points.length > 0 ? points.join(', ') : 'no figures'}.`;
  });
  return `${panel.yName} by ${panel.xName}. ${lines.join(' ')}`;
}
