/** Figures and tables as text that a person reads. */

const COUNT_UNITS: readonly [size: number, unit: string][] = [
  [1e6, ' M'],
  [1e3, ' k'],
];

/** 1234567 → `1.23 M`: three digits. */
export function formatCount(value: number): string {
  const [size, unit] = COUNT_UNITS.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  const scaled = value / size;
  const decimals = unit === '' || scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
  return `${scaled.toFixed(decimals)}${unit}`;
}

/** 0.5 → `50 %`. */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** 1.234 → `1.23`, 12.34 → `12.3`. */
export function formatRatio(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(1);
}

/** Microseconds → `850 µs` or `1.2 ms`. */
export function formatMicroseconds(value: number): string {
  return value < 1_000 ? `${value.toFixed(0)} µs` : `${(value / 1_000).toFixed(1)} ms`;
}

/** The first row is the header; the first column is left-aligned, the others right-aligned. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const align = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!));
  return rows.map((row) => `  ${row.map(align).join('  ').trimEnd()}`).join('\n');
}
