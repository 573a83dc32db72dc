/** Values of options, as one types them. */
import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const sizes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** The longest delay that timers can wait. */
const longestDelay = 2 ** 31 - 1;

/** `500ms`, `2.5s`, `5m`, `1h`, or seconds without a unit; in milliseconds. */
export function duration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const milliseconds = Number(number) * units[unit]!;
  if (milliseconds >= 1 && milliseconds <= longestDelay) return milliseconds;
  throw new InvalidArgumentError('It must be a duration, as 500ms, 2.5s, 5m or 1h; a number alone is in seconds.');
}

/** `65536`, `64k`, `1m`; in bytes. */
export function byteSize(text: string): number {
  const [, number, unit] = /^(\d+)([kmg]?)(?:i?b)?$/.exec(text.toLowerCase()) ?? [];
  const bytes = Number(number) * sizes[unit ?? '']!;
  if (bytes >= 1 && bytes < 2 ** 31) return bytes;
  throw new InvalidArgumentError('It must be a number of bytes, as 65536, 64k or 1m, below 2g.');
}

/** A whole number of at least 1. */
export function positive(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number.isSafeInteger(Number(text))) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

/** A port to listen on; 0 is any free one. */
export function port(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It must be a port, from 0 (any free one) to 65535.');
}

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/**
 * A URL with what people leave out: `localhost:8765/chat` and `:8765/chat` are `ws://localhost:8765/chat`. Whether it can be
 * connected to is for `connect()` to say.
 */
export function webSocketUrl(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  return text.startsWith(':') ? `ws://localhost${text}` : `ws://${text}`;
}
