/** Renders a chart as one SVG file: no script, no style sheet, and the same bytes for the same figures. */

import { createRequire } from 'node:module';
import { BenchError } from '../errors';

export interface Chart {
  /** Without a folder. */
  file: string;
  svg: string;
}

export interface ChartContent {
  width: number;
  height: number;
  /** What a screen reader says first. */
  title: string;
  /** All that the chart shows, in words and figures. */
  description: string;
  /** What `setOption()` of echarts takes. */
  option: Readonly<Record<string, unknown>>;
}

/** What echarts hands to the function that draws one item: where a pair of values stands. */
export interface Drawing {
  value(dimension: number): number;
  coord(values: readonly [number, number]): readonly [x: number, y: number];
}

/** What is used of echarts, which is installed beside the bench and not beside the package. */
interface ECharts {
  init(
    dom: null,
    theme: null,
    options: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void };
}

const resolve = createRequire(__filename);

function loadECharts(): ECharts {
  try {
    return resolve('echarts') as ECharts;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    throw new BenchError('Charts need echarts: run `npm ci --prefix bench --ignore-scripts` first.');
  }
}

/** @throws BenchError where echarts is not installed */
export function renderSvg({ width, height, title, description, option }: ChartContent): string {
  const chart = loadECharts().init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return accessible(stable(chart.renderToSVGString()), title, description);
  } finally {
    chart.dispose();
  }
}

/** Takes out what only a page with scripts needs, and the ids that count charts since the process began. */
function stable(svg: string): string {
  return svg
    .replace(/<style[^>]*>.*?<\/style>\s*/gs, '')
    .replace(/<[^>]+>/g, (tag) =>
      tag.replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '').replace(/zr\d+-/g, 'chart-'),
    );
}

function accessible(svg: string, title: string, description: string): string {
  return svg.replace(
    /^<svg([^>]*)>/,
    (_, attributes: string) =>
      `<svg${attributes} role="img" aria-labelledby="chart-title chart-description">\n` +
      `<title id="chart-title">${escapeText(title)}</title>\n<desc id="chart-description">${escapeText(description)}</desc>`,
  );
}

function escapeText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
