import type { Finding } from './campaign';
import type { Target } from './target';

/** What became of a target so far. */
export interface Totals {
  tried: number;
  seconds: number;
  findings: number;
}

/** The longest input that is printed, in bytes; the file has all of it. */
const longestPrinted = 512;

function count(number: number): string {
  return Math.round(number).toLocaleString('en');
}

export function formatProgress(target: string, tried: number, perSecond: number): string {
  return `${target.padEnd(14)} ${count(tried).padStart(12)} inputs  ${count(perSecond).padStart(9)}/s`;
}

/** @param file where the input was written to */
export function formatFinding({ target, seed, input, what, bytes }: Finding, file?: string): string {
  const which = typeof input === 'string' ? `stored input ${input}` : `seed ${seed}, input ${input}`;
  const hex = bytes.toString('hex', 0, longestPrinted);
  const more = bytes.length > longestPrinted ? '…' : '';
  const lines = [`\nBROKEN ${target}, ${which}:`, what, `${bytes.length} bytes: ${hex}${more}`];
  if (file !== undefined) lines.push(`replay: npm run fuzz -- --replay ${file}`);
  return lines.join('\n');
}

export function formatSummary(seed: number, totals: ReadonlyMap<Pick<Target, 'name'>, Totals>): string {
  const lines = [`\nseed ${seed}`];
  const sum: Totals = { tried: 0, seconds: 0, findings: 0 };
  for (const [{ name }, total] of totals) {
    lines.push(line(name, total));
    sum.tried += total.tried;
    sum.seconds += total.seconds;
    sum.findings += total.findings;
  }
  return [...lines, line('together', sum)].join('\n');
}

function line(name: string, { tried, seconds, findings }: Totals): string {
  const speed = tried === 0 ? '' : `${count(tried / seconds)}/s`;
  const found = findings === 0 ? 'nothing found' : `${findings} FOUND`;
  return `${name.padEnd(14)} ${count(tried).padStart(12)} inputs  ${speed.padStart(10)}  ${found}`;
}
