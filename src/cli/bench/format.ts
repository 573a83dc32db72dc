/** Figures for people. */

/** `1,234,567`, `12,346`, `12.3`, `0.05`: three figures, and no fewer digits than there are before the point. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(3, decimals) });
}

/** A rate, or a count that may be large. */
export function formatRate(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : formatNumber(value);
}

/** Milliseconds as `850 ns`, `12.3 µs`, `1.5 ms`, `2 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${formatNumber(milliseconds / 1000)} s`;
  if (milliseconds >= 1) return `${formatNumber(milliseconds)} ms`;
  if (milliseconds >= 0.001) return `${formatNumber(milliseconds * 1000)} µs`;
  return `${formatNumber(milliseconds * 1e6)} ns`;
}

/** Bytes as `512 B`, `12.3 kB`, `1.5 MB`: powers of 1,000, as rates have them. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${formatNumber(bytes / 1e9)} GB`;
  if (bytes >= 1e6) return `${formatNumber(bytes / 1e6)} MB`;
  if (bytes >= 1e3) return `${formatNumber(bytes / 1e3)} kB`;
  return `${formatNumber(bytes)} B`;
}

/** A share as `98 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}
