import { formatDuration } from './format';
import type { Bin } from './latencies';

/** Eighths of a character, from one to seven. */
const eighths = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar as long as that share of `width` characters: never nothing where there is something. */
export function bar(share: number, width: number): string {
  const parts = share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0;
  return '█'.repeat(parts >> 3) + (eighths[(parts & 7) - 1] ?? '');
}

/** The histogram of a latency: a line for each bin, with its share of the whole. */
export function formatHistogram(bins: readonly Bin[], width = 40): string {
  const sum = bins.reduce((total, { count }) => total + count, 0);
  const most = Math.max(...bins.map(({ count }) => count));
  const labels = bins.map(({ from, to }) => {
    return to === null ? `${formatDuration(from)} and more` : `${formatDuration(from)} – ${formatDuration(to)}`;
  });
  const labelWidth = Math.max(...labels.map((label) => label.length));
  return bins
    .map(({ count }, index) => {
      const share = formatSmallShare(count / sum).padStart(8);
      return `  ${labels[index]!.padStart(labelWidth)} ${share}  ${bar(count / most, width)}`.trimEnd();
    })
    .join('\n');
}

/** What is rare is not nothing. */
function formatSmallShare(share: number): string {
  if (share === 0) return '';
  const percent = share * 100;
  return percent < 0.01 ? '<0.01 %' : `${percent.toFixed(percent < 0.1 ? 2 : 1)} %`;
}
