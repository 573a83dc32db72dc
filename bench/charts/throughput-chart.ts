/**
 * Bars for what servers do in the same scenario. Each scenario has a scale of its own that begins at zero, because rates of
 * different scenarios say nothing about each other; the figures stand at the bars.
 */

import { formatCount, formatRatio } from '../format';
import { ours } from '../peers';
import { type Measured, peersOf, ratioIn, spreadIn, value } from '../results';
import { type Caption, createCaption, LINE, textAt, wrapText } from './caption';
import { type Figures, roundsOf } from './figures';
import { type Panel, panels } from './panels';
import { barStyleOf, colors, MARGIN, WIDTH } from './style';
import { type Chart, type Drawing, renderSvg } from './svg';

const COLUMN_GAP = 32;
const COLUMN = (WIDTH - 2 * MARGIN - COLUMN_GAP) / 2;
const NAMES = 88;
const LABELS = 132;
const ROW = 18;
const PANEL_HEADING = 30;
const GAP = 14;
const WHISKER = 3;

const notes = (rounds: string): string[] => [
  `Length of a bar: median of the rounds (${rounds}), on a scale of its own for each scenario that begins at zero. Whisker: ` +
    'minimum to maximum. At the bar: the median, and how many times as much ours is (median of the ratios within each round).',
  'Blue: ours. White: not a competitor, but the limit that the scenario has on this machine.',
];

/** A panel with those of its scenarios that there are figures for. */
interface Filled {
  panel: Panel;
  results: readonly Measured[];
}

/** Where something stands, in pixels. */
interface Placed<Thing> {
  thing: Thing;
  left: number;
  top: number;
}

/** One chart of the main scenarios that the project has goals for, and one of each panel with all of its scenarios. */
export function drawThroughput(figures: Figures): Chart[] {
  const filled = fill(figures.results);
  const main = fill(figures.results.filter(({ scenario }) => scenario.quick && scenario.goals !== undefined));
  return [
    ...(main.length > 0 ? [draw('throughput.svg', 'Throughput and memory', main, figures)] : []),
    ...filled.map((one) => draw(`throughput-${one.panel.name}.svg`, one.panel.title, [one], figures)),
  ];
}

function fill(results: readonly Measured[]): Filled[] {
  return panels
    .map((panel) => ({ panel, results: results.filter(({ scenario }) => panel.holds(scenario)) }))
    .filter(({ results }) => results.length > 0);
}

function draw(file: string, title: string, filled: readonly Filled[], figures: Figures): Chart {
  const all = filled.flatMap(({ results }) => results);
  const caption = createCaption(title, notes(roundsOf(all)), figures);
  const { headings, blocks, bottom } = place(filled, caption);
  const svg = renderSvg({
    width: WIDTH,
    height: bottom + MARGIN,
    title,
    description: describe(all),
    option: {
      backgroundColor: colors.ground,
      title: [...caption.titles, ...headings.map(drawHeading), ...blocks.map(drawBlockTitle)],
      grid: blocks.map(({ thing, left, top }) => ({
        left: left + NAMES,
        top: top + titleHeight(thing),
        width: COLUMN - NAMES - LABELS,
        height: rowsHeight(thing),
      })),
      xAxis: blocks.map(({ thing }, gridIndex) => ({
        type: 'value',
        gridIndex,
        min: 0,
        max: scaleOf(thing),
        show: false,
      })),
      yAxis: blocks.map(({ thing }, gridIndex) => ({
        type: 'category',
        gridIndex,
        inverse: true,
        data: peersOf(thing),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: colors.muted } },
        axisLabel: { interval: 0, color: colors.text, fontFamily: 'sans-serif', fontSize: 12, margin: 6 },
      })),
      series: blocks.flatMap(({ thing }, index) => [drawBars(thing, index), drawWhiskers(thing, index)]),
    },
  });
  return { file, svg };
}

/** What stays together when columns are filled: scenarios, under the heading of their panel where there are several panels. */
interface Section {
  heading?: string;
  results: readonly Measured[];
}

const titleOf = ({ scenario }: Measured): string[] => wrapText(`${scenario.title} (${scenario.unit})`, COLUMN);

const titleHeight = (result: Measured): number => titleOf(result).length * LINE + 6;

const rowsHeight = (result: Measured): number => peersOf(result).length * ROW;

const blockHeight = (result: Measured): number => titleHeight(result) + rowsHeight(result) + GAP;

const sectionHeight = ({ heading, results }: Section): number =>
  (heading === undefined ? 0 : PANEL_HEADING) + results.reduce((sum, result) => sum + blockHeight(result), 0);

/** Sections one under the other in two columns, as even as their order allows. */
function place(filled: readonly Filled[], caption: Caption) {
  const sections: Section[] =
    filled.length === 1
      ? filled[0]!.results.map((result) => ({ results: [result] }))
      : filled.map(({ panel, results }) => ({ heading: panel.title, results }));
  const inFirstColumn = evenSplit(sections.map(sectionHeight));
  const headings: Placed<string>[] = [];
  const blocks: Placed<Measured>[] = [];
  const placeColumn = (column: readonly Section[], left: number): number => {
    let top = caption.height + GAP;
    for (const { heading, results } of column) {
      if (heading !== undefined) {
        headings.push({ thing: heading, left, top });
        top += PANEL_HEADING;
      }
      for (const thing of results) {
        blocks.push({ thing, left, top });
        top += blockHeight(thing);
      }
    }
    return top;
  };
  const bottom = Math.max(
    placeColumn(sections.slice(0, inFirstColumn), MARGIN),
    placeColumn(sections.slice(inFirstColumn), MARGIN + COLUMN + COLUMN_GAP),
  );
  return { headings, blocks, bottom };
}

/** How many go into the first column so that the higher of the two is as low as it can be. */
function evenSplit(heights: readonly number[]): number {
  const total = heights.reduce((sum, height) => sum + height, 0);
  let best = { count: 0, height: total };
  let height = 0;
  for (const [i, one] of heights.entries()) {
    height += one;
    const higher = Math.max(height, total - height);
    if (higher < best.height) best = { count: i + 1, height: higher };
  }
  return best.count;
}

const drawHeading = ({ thing, left, top }: Placed<string>): object =>
  textAt(left, top + 4, thing, { fontSize: 15, fontWeight: 'bold' });

const drawBlockTitle = ({ thing, left, top }: Placed<Measured>): object =>
  textAt(left, top, titleOf(thing).join('\n'), { fontSize: 12, lineHeight: LINE });

function scaleOf(result: Measured): number {
  return Math.max(...peersOf(result).map((peer) => spreadIn(result, peer, value)?.max ?? 0), Number.MIN_VALUE);
}

function drawBars(result: Measured, index: number): object {
  return {
    type: 'bar',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    emphasis: { disabled: true },
    barWidth: ROW - 6,
    data: peersOf(result).map((peer) => ({
      value: spreadIn(result, peer, value)?.median ?? 0,
      itemStyle: barStyleOf(peer),
    })),
  };
}

/** The whisker, and behind it the figures. */
function drawWhiskers(result: Measured, index: number): object {
  const peers = peersOf(result);
  return {
    type: 'custom',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    z: 3,
    data: peers.map((peer, row) => {
      const { min = 0, max = 0 } = spreadIn(result, peer, value) ?? {};
      return [min, max, row];
    }),
    encode: { x: [0, 1], y: 2 },
    renderItem: ({ dataIndex }: { dataIndex: number }, drawing: Drawing) => {
      const [left, y] = drawing.coord([drawing.value(0), dataIndex]);
      const [right] = drawing.coord([drawing.value(1), dataIndex]);
      const pathData = `M${left} ${y - WHISKER}V${y + WHISKER}M${left} ${y}H${right}M${right} ${y - WHISKER}V${y + WHISKER}`;
      return {
        type: 'group',
        children: [
          ...(right > left
            ? [{ type: 'path', shape: { pathData }, style: { fill: 'none', stroke: colors.text, lineWidth: 1 } }]
            : []),
          {
            type: 'text',
            style: {
              x: right + 7,
              y,
              text: labelOf(result, peers[dataIndex]!),
              textVerticalAlign: 'middle',
              fill: colors.text,
              font: '12px sans-serif',
            },
          },
        ],
      };
    },
  };
}

const format = (result: Measured, figure: number): string =>
  result.scenario.load === 'idle'
    ? formatCount(figure)
        .replace(/(?<=\d)$/, ' ')
        .concat('B')
    : formatCount(figure);

function labelOf(result: Measured, peer: string): string {
  const found = spreadIn(result, peer, value);
  if (!found) return 'failed';
  const ratio = ratioIn(result, peer, value);
  return ratio ? `${format(result, found.median)} · ours ${formatRatio(ratio.median)} ×` : format(result, found.median);
}

function describe(results: readonly Measured[]): string {
  return results
    .map((result) => {
      const figures = peersOf(result).map((peer) => {
        const found = spreadIn(result, peer, value);
        const label = `${peer === ours ? `${peer} (ours)` : peer} ${labelOf(result, peer)}`;
        return found ? `${label} (${format(result, found.min)} to ${format(result, found.max)})` : label;
      });
      return `${result.scenario.title}, ${result.scenario.unit}: ${figures.join('; ')}.`;
    })
    .join('\n');
}
