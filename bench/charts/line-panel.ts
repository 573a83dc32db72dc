/** Panels with lines over logarithmic axes, side by side, under one legend. */

import type { Spread } from '../statistics';
import { colors, lineStyleOf, MARGIN, WIDTH } from './style';
import type { Drawing } from './svg';

export interface LinePanel {
  xName: string;
  yName: string;
  /** Of the x axis: its ticks are the powers. */
  logBase: number;
  formatX(value: number): string;
  formatY(value: number): string;
  pointsOf(peer: string): readonly Point[];
}

export interface Point extends Spread {
  x: number;
}

const LEGEND = 46;
const AXIS_NAME = 26;
const PLOT = 320;
const X_LABELS = 48;
const Y_LABELS = 64;
const CAP = 3;

const font = { color: colors.text, fontFamily: 'sans-serif', fontSize: 12 };

/** @param top where the legend begins, in pixels */
export function lineLayout(
  panels: readonly LinePanel[],
  peers: readonly string[],
  top: number,
): { option: Record<string, unknown>; height: number } {
  const width = (WIDTH - 2 * MARGIN) / panels.length;
  return {
    height: top + LEGEND + AXIS_NAME + PLOT + X_LABELS,
    option: {
      backgroundColor: colors.ground,
      legend: {
        left: MARGIN,
        top: top + 10,
        itemWidth: 34,
        itemGap: 22,
        selectedMode: false,
        textStyle: font,
        data: [...peers],
      },
      grid: panels.map((_, i) => ({
        left: MARGIN + i * width + Y_LABELS,
        top: top + LEGEND + AXIS_NAME,
        width: width - Y_LABELS - MARGIN,
        height: PLOT,
      })),
      xAxis: panels.map((panel, gridIndex) => xAxis(panel, gridIndex, peers)),
      yAxis: panels.map((panel, gridIndex) => yAxis(panel, gridIndex, peers)),
      series: panels.flatMap((panel, i) =>
        peers.flatMap((peer) => [drawLine(panel, i, peer), drawBars(panel, i, peer)]),
      ),
    },
  };
}

function allPoints(panel: LinePanel, peers: readonly string[]): Point[] {
  return peers.flatMap((peer) => [...panel.pointsOf(peer)]);
}

function axis(gridIndex: number, name: string): Record<string, unknown> {
  return {
    type: 'log',
    gridIndex,
    name,
    nameTextStyle: font,
    axisLine: { show: true, lineStyle: { color: colors.muted } },
    axisTick: { show: true, lineStyle: { color: colors.muted } },
    splitLine: { show: true, lineStyle: { color: colors.grid } },
  };
}

function xAxis(panel: LinePanel, gridIndex: number, peers: readonly string[]): object {
  const values = allPoints(panel, peers).map(({ x }) => x);
  return {
    ...axis(gridIndex, panel.xName),
    logBase: panel.logBase,
    min: Math.min(...values),
    max: Math.max(...values),
    nameLocation: 'middle',
    nameGap: 28,
    axisLabel: { ...font, formatter: panel.formatX, hideOverlap: true },
  };
}

function yAxis(panel: LinePanel, gridIndex: number, peers: readonly string[]): object {
  const values = allPoints(panel, peers).flatMap(({ min, max }) => [min, max]);
  return {
    ...axis(gridIndex, panel.yName),
    ...roundedRange(Math.min(...values), Math.max(...values)),
    nameTextStyle: { ...font, align: 'left', padding: [0, 0, 0, -Y_LABELS] },
    axisLabel: { ...font, formatter: (value: number) => panel.formatY(value).replace(/\.0+(?= )/, '') },
  };
}

/** From one power of ten to another, so that the ticks are at its ends. */
function roundedRange(least: number, most: number): { min: number; max: number } {
  const lower = Math.floor(Math.log10(least));
  const upper = Math.ceil(Math.log10(most));
  return { min: 10 ** lower, max: 10 ** Math.max(upper, lower + 1) };
}

function drawLine(panel: LinePanel, index: number, peer: string): object {
  const { color, symbol, dash, width } = lineStyleOf(peer);
  return {
    type: 'line',
    name: peer,
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    emphasis: { disabled: true },
    symbol,
    symbolSize: 8,
    itemStyle: { color },
    lineStyle: { color, width, type: dash },
    data: panel.pointsOf(peer).map(({ x, median }) => [x, median]),
  };
}

/** From the minimum to the maximum of each point. */
function drawBars(panel: LinePanel, index: number, peer: string): object {
  return {
    type: 'custom',
    xAxisIndex: index,
    yAxisIndex: index,
    silent: true,
    data: panel.pointsOf(peer).map(({ x, min, max }) => [x, min, max]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: object, drawing: Drawing) => {
      const [x, low] = drawing.coord([drawing.value(0), drawing.value(1)]);
      const [, high] = drawing.coord([drawing.value(0), drawing.value(2)]);
      return {
        type: 'path',
        shape: { pathData: `M${x - CAP} ${low}H${x + CAP}M${x} ${low}V${high}M${x - CAP} ${high}H${x + CAP}` },
        style: { fill: 'none', stroke: lineStyleOf(peer).color, lineWidth: 1 },
      };
    },
  };
}
