/** What stands above every chart: its name, how to read it, and where the figures come from. */

import type { Machine } from '../machine';
import type { Figures } from './figures';
import { colors, MARGIN, WIDTH } from './style';

const TITLE_SIZE = 18;
const TEXT_SIZE = 12;
export const LINE = 16;
/** Of one character of the text, in pixels; on the safe side for usual sans-serif fonts. */
const CHARACTER = 5.9;

export interface Caption {
  /** For the `title` of echarts, which takes a list. */
  titles: readonly object[];
  /** Pixels from the top of the chart to its end. */
  height: number;
}

/** @param notes how to read the chart, each in a line of its own */
export function createCaption(title: string, notes: readonly string[], figures: Figures): Caption {
  const lines = [...notes, ...provenanceOf(figures)].flatMap((note) => wrapText(note, WIDTH - 2 * MARGIN));
  return {
    titles: [
      textAt(MARGIN, MARGIN, title, { fontSize: TITLE_SIZE, fontWeight: 'bold' }),
      ...lines.map((line, i) =>
        textAt(MARGIN, MARGIN + TITLE_SIZE + 10 + i * LINE, line, { fontSize: TEXT_SIZE, color: colors.muted }),
      ),
    ],
    height: MARGIN + TITLE_SIZE + 10 + lines.length * LINE,
  };
}

/** One piece of text for the `title` of echarts. */
export function textAt(left: number, top: number, text: string, style: object): object {
  return {
    left,
    top,
    padding: 0,
    text,
    textStyle: { fontFamily: 'sans-serif', fontWeight: 'normal', color: colors.text, ...style },
  };
}

/** Machine, versions, date and command. */
export function provenanceOf({ machine, date, command }: Figures): string[] {
  return [`${describe(machine)}, ${date.slice(0, 10)}`, command];
}

function describe({ cpu, cores, kernel, node, packages, pinned }: Machine): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const pinning =
    pinned.server === undefined
      ? 'not pinned'
      : `server on core ${pinned.server}, generator on core ${pinned.generator}`;
  return `${cpu}, ${cores} cores, ${pinning}, Linux ${kernel}, Node ${node}, ${versions.join(', ')}`;
}

/** Lines of at most so many pixels. */
export function wrapText(text: string, pixels: number): string[] {
  const width = pixels / CHARACTER;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
