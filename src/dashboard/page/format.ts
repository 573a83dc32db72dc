/** Numbers as people read them. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const placesAt = [0, 1, 2].map((places) => new Intl.NumberFormat('en', { maximumFractionDigits: places }));

/** A number and its unit, apart, so that a page can set them in different sizes. */
export type Quantity = readonly [number: string, unit: string];

export type Format = (value: number) => Quantity;

/** Three digits that count: 1.24, 12.4, 124. */
function significant(value: number): string {
  const places = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return placesAt[places]!.format(value);
}

/** 940, 12,400, 1.2M. */
export function count(value: number): Quantity {
  return [Math.abs(value) < 100_000 ? whole.format(value) : short.format(value), ''];
}

/** 0.5 /s, 940 /s, 12,400 /s. */
export function rate(value: number): Quantity {
  return [value < 100 ? significant(value) : count(value)[0], '/s'];
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Units of 1,000, as networks and disks are sold. */
export function bytes(value: number): Quantity {
  const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(value, 1)) / 3));
  const scaled = value / 1000 ** power;
  return [power === 0 ? whole.format(scaled) : significant(scaled), byteUnits[power]!];
}

export function bytesPerSecond(value: number): Quantity {
  const [number, unit] = bytes(value);
  return [number, `${unit}/s`];
}

export function milliseconds(value: number): Quantity {
  return value < 1000 ? [significant(value), 'ms'] : [significant(value / 1000), 's'];
}

/** Of a share: 0 to 1, or more with several cores. */
export function percent(value: number): Quantity {
  return [value > 0 && value < 0.0995 ? placesAt[1]!.format(100 * value) : whole.format(100 * value), '%'];
}

/** Number and unit in one, with a space that does not break. */
export function text([number, unit]: Quantity): string {
  return unit === '' ? number : `${number}\u00a0${unit}`;
}

/** 15:04:05. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** 40 s, 12 min, 3 h 5 min, 2 d 4 h. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
