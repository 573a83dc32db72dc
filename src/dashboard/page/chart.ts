import uPlot from 'uplot';
import type { Sample } from '../wire';
import type { ChartSpec, Line } from './chart-list';
import { element, setText } from './dom';
import { clock, count, text } from './format';
import { columns, totals } from './history';
import { swatch } from './swatch';
import { colour } from './theme';
import { Tooltip } from './tooltip';

const height = 168;
/** As many as there are colours; the codes beyond are one line. */
const maxLines = 6;
/** Charts that show the same moment under the pointer. */
const sync = uPlot.sync('moment');

/** One chart: its heading, its legend with the last values, and the drawing. */
export class Chart {
  readonly element: HTMLElement;
  readonly #spec: ChartSpec;
  readonly #legend = element('ul', 'legend');
  readonly #plot: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #tooltip: Tooltip;
  #lines: readonly Line[] = [];
  #drawing: uPlot | undefined;
  /** What the lines are, before they are stacked: a column each. */
  #values: (number | null)[][] = [];

  constructor(spec: ChartSpec, speak: (text: string) => void) {
    this.#spec = spec;
    this.#empty = element('p', 'empty', 'Waiting for the first second …');
    this.#tooltip = new Tooltip();
    this.#plot = element('div', 'plot', this.#empty, this.#tooltip.element);
    this.#plot.tabIndex = 0;
    this.#plot.setAttribute('role', 'img');
    this.#plot.addEventListener('keydown', (event) => this.#move(event, speak));
    this.#plot.addEventListener('blur', () => this.#leave());
    const title = element('h3', '', spec.title, ' ', element('small', 'quiet', spec.hint));
    this.element = element('article', 'card chart', title, this.#legend, this.#plot);
    new ResizeObserver(() => this.#fit()).observe(this.#plot);
  }

  /** Draws the last so many seconds of these samples. */
  update(samples: readonly Sample[], seconds: number): void {
    const last = samples.at(-1);
    if (last === undefined) return;
    const lines = this.#linesOf(samples);
    const isStacked = 'byCode' in this.#spec.content;
    if (
      this.#drawing === undefined ||
      lines.some(({ label }, index) => label !== this.#lines[index]?.label) ||
      lines.length !== this.#lines.length
    ) {
      this.#lines = lines;
      this.#drawing?.destroy();
      this.#drawing = new uPlot(this.#options(isStacked), [[]], this.#plot);
      this.#labelLegend();
    }
    this.#lines = lines;
    const [times, ...values] = columns(
      samples,
      lines.map(({ value }) => value),
    );
    this.#values = values;
    const isEmpty = values.every((column) => column.every((value) => value === null || value === 0));
    this.#empty.hidden = !isEmpty;
    if (isEmpty) setText(this.#empty, this.#spec.empty);
    const end = last.at / 1000;
    this.#drawing.batch((drawing: uPlot) => {
      drawing.setData([times, ...(isStacked ? stacked(values) : values)], false);
      drawing.setScale('x', { min: end - seconds, max: end });
    });
    this.#showLast(samples);
    this.#showMoment();
  }

  /** The colours have changed. */
  repaint(): void {
    this.#drawing?.redraw(false, true);
  }

  #linesOf(samples: readonly Sample[]): readonly Line[] {
    const { content } = this.#spec;
    if ('lines' in content) return content.lines;
    const codes = totals(samples, content.byCode).map(([code]) => code);
    const single = codes.length > maxLines ? codes.slice(0, maxLines - 1) : codes;
    // In one order however often each has come: a line that changes its colour cannot be followed.
    const lines: Line[] = single
      .sort()
      .map((code) => ({ label: code, value: (sample) => content.byCode(sample)[code] ?? 0 }));
    if (single.length === codes.length) return lines;
    const rest = codes.filter((code) => !single.includes(code));
    const value = (sample: Sample) => rest.reduce((sum, code) => sum + (content.byCode(sample)[code] ?? 0), 0);
    return [...lines, { label: `${rest.length} others`, value }];
  }

  #options(isStacked: boolean): uPlot.Options {
    const { format, top } = this.#spec;
    const isSingle = this.#lines.length === 1;
    const grid: uPlot.Axis.Grid = { stroke: () => colour('--grid'), width: 1 };
    const axis = { stroke: () => colour('--quiet'), font: '12px system-ui, sans-serif', ticks: { show: false }, grid };
    const series = this.#lines.map((_, index): uPlot.Series => {
      const stroke = () => colour(`--line-${index}`);
      const fill = isStacked || isSingle ? () => colour(isStacked ? `--line-${index}` : '--fill') : undefined;
      return {
        stroke,
        width: isStacked ? 0 : 1.75,
        points: { show: false },
        ...(fill !== undefined && { fill }),
        ...(isStacked && { paths: uPlot.paths.stepped!({ align: -1 }) }),
      };
    });
    return {
      width: this.#plot.clientWidth,
      height,
      padding: [10, 4, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: true, auto: false },
        y: { range: (_drawing, _min, max) => [0, Math.max(top, (max ?? 0) * 1.08)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 72,
          size: 26,
          incrs: [10, 15, 30, 60, 120, 300],
          values: (drawing, splits) => splits.map((at) => (isInside(drawing, at) ? shortClock(at) : '')),
        },
        { ...axis, space: 34, size: 62, gap: 6, values: (_, splits) => splits.map((value) => text(format(value))) },
      ],
      // Of a stack the whole is drawn first, and each part over it.
      series: [{}, ...(isStacked ? series.reverse() : series)],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: sync.key },
        points: { size: 7, show: !isStacked },
      },
      hooks: {
        setCursor: [() => this.#showMoment()],
      },
    };
  }

  #labelLegend(): void {
    this.#legend.replaceChildren(
      ...this.#lines.map(({ label }, index) => {
        return element('li', '', swatch(index), element('span', 'quiet', label), ' ', element('b'));
      }),
    );
  }

  #showLast(samples: readonly Sample[]): void {
    const isByCode = 'byCode' in this.#spec.content;
    const described: string[] = [];
    for (const [index, { label, value }] of this.#lines.entries()) {
      const shown = isByCode
        ? text(count(sumOf(samples, value)))
        : this.#valueAt(index, this.#values[index]!.length - 1);
      setText(this.#legend.children[index]!.querySelector('b')!, shown);
      described.push(`${label} ${shown}`);
    }
    const now = described.length === 0 ? this.#spec.empty : described.join(', ');
    this.#plot.setAttribute('aria-label', `${this.#spec.title}: ${now}. Arrow keys read single moments.`);
  }

  /** Tells what was at the moment under the pointer, where the pointer is over this chart. */
  #showMoment(): void {
    const drawing = this.#drawing;
    const index = drawing?.cursor.idx;
    const isHere = this.#plot.matches(':hover, :focus');
    const left = drawing?.cursor.left ?? -1;
    if (drawing === undefined || index === null || index === undefined || left < 0 || !isHere) {
      this.#tooltip.hide();
      return;
    }
    this.#tooltip.show(left + drawing.over.offsetLeft, this.#plot.clientWidth, {
      title: clock(1000 * drawing.data[0][index]!),
      rows: this.#lines.map(({ label }, line) => ({ line, label, value: this.#valueAt(line, index) })),
    });
  }

  #valueAt(line: number, index: number): string {
    const value = this.#values[line]?.[index] ?? null;
    return value === null ? '–' : text(this.#spec.format(value));
  }

  #move(event: KeyboardEvent, speak: (text: string) => void): void {
    const drawing = this.#drawing;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === 'Escape') this.#leave();
    if (drawing === undefined || step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const times = drawing.data[0];
    const { min = 0 } = drawing.scales.x!;
    const first = times.findIndex((time) => time >= min!);
    const from = drawing.cursor.idx ?? times.length;
    const index = Math.min(times.length - 1, Math.max(first, from + step));
    drawing.setCursor({ left: drawing.valToPos(times[index]!, 'x'), top: height / 2 });
    const values = this.#lines.map(({ label }, line) => `${label} ${this.#valueAt(line, index)}`);
    speak(`${clock(1000 * times[index]!)}: ${values.join(', ')}`);
  }

  #leave(): void {
    this.#drawing?.setCursor({ left: -10, top: -10 });
    this.#tooltip.hide();
  }

  #fit(): void {
    const width = this.#plot.clientWidth;
    if (this.#drawing !== undefined && width > 0 && width !== this.#drawing.width)
      this.#drawing.setSize({ width, height });
  }
}

/** The time on an axis: seconds only where it is not a whole minute. */
function shortClock(at: number): string {
  const whole = clock(1000 * at);
  return at % 60 === 0 ? whole.slice(0, 5) : whole;
}

/** Whether a label in the middle of this time has room on the axis. */
function isInside(drawing: uPlot, at: number): boolean {
  return drawing.valToPos(at, 'x') < drawing.over.clientWidth - 22;
}

/** How often a code came in all. */
function sumOf(samples: readonly Sample[], value: Line['value']): number {
  return samples.reduce((sum, sample) => sum + (value(sample) ?? 0), 0);
}

/** Each column on top of those before it; the whole first. */
function stacked(values: readonly (number | null)[][]): (number | null)[][] {
  let below: (number | null)[] | undefined;
  const sums = values.map((column) => {
    below = column.map((value, index) => (value === null ? null : value + (below?.[index] ?? 0)));
    return below;
  });
  return sums.reverse();
}
