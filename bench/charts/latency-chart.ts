/** Lines for how long an answer takes while the server is not saturated, from the median to the slowest in a thousand. */

import { formatMicroseconds } from '../format';
import { type Measured, peersOf, spreadIn } from '../results';
import { createCaption } from './caption';
import { type Figures, roundsOf } from './figures';
import { type LinePanel, lineLayout } from './line-panel';
import { MARGIN, WIDTH } from './style';
import { type Chart, renderSvg } from './svg';

/** By the share that takes longer, so that each further nine is one step of a logarithmic axis. */
const percentiles = [
  { slower: 0.5, name: 'p50', pick: 'p50' },
  { slower: 0.1, name: 'p90', pick: 'p90' },
  { slower: 0.01, name: 'p99', pick: 'p99' },
  { slower: 0.001, name: 'p99.9', pick: 'p999' },
] as const;

/** One chart of each scenario of latency. */
export function drawLatency(figures: Figures): Chart[] {
  return figures.results.filter(({ scenario }) => scenario.load === 'latency').map((result) => draw(result, figures));
}

function draw(result: Measured, figures: Figures): Chart {
  const { name, title } = result.scenario;
  const notes = [
    `Messages are sent on a fixed timetable, and their time counts from when they were due. Median of the rounds (${roundsOf([result])}), ` +
      'bars from minimum to maximum. Both axes are logarithmic; lower is better.',
  ];
  const caption = createCaption(title, notes, figures);
  const names = peersOf(result);
  const panel: LinePanel = {
    xName: 'percentile',
    yName: 'time to the answer',
    logBase: 10,
    formatX: (nines) => percentiles.find(({ slower }) => Math.abs(1 / slower - nines) < 0.01)?.name ?? '',
    formatY: formatMicroseconds,
    pointsOf: (peer) =>
      percentiles.flatMap(({ slower, pick }) => {
        const found = spreadIn(result, peer, ({ latency }) => latency?.[pick]);
        return found ? [{ x: 1 / slower, ...found }] : [];
      }),
  };
  const layout = lineLayout([panel], names, caption.height);
  const svg = renderSvg({
    width: WIDTH,
    height: layout.height + MARGIN,
    title,
    description: names.map((peer) => `${peer}: ${describe(panel, peer)}.`).join('\n'),
    option: { ...layout.option, title: caption.titles },
  });
  return { file: `${name}.svg`, svg };
}

function describe(panel: LinePanel, peer: string): string {
  const points = panel.pointsOf(peer).map(({ x, median }) => `${panel.formatX(x)} ${panel.formatY(median)}`);
  return points.length > 0 ? points.join(', ') : 'failed';
}
