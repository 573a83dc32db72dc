/** Values of options, as one types them. */
import { InvalidArgumentError } from 'commander';
import { readDuration } from '../protocol/duration';
import { usageFailure } from './failure';

const sizes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** What a `<duration>` is, below `--help`. */
export const durationHelp =
  'A <duration> is a number with its unit, as 500ms, 10s, 2m or 1h; a bare number is seconds.';

/** `500ms`, `2.5s`, `5m`, `1h`, up to a day, or seconds without a unit; in milliseconds. */
export function duration(text: string): number {
  return durationFrom(1, text);
}

/** The same, or 0. */
export function durationOrZero(text: string): number {
  return durationFrom(0, text);
}

function durationFrom(least: number, text: string): number {
  try {
    return readDuration('duration', /\d$/.test(text) ? `${text}s` : text, least);
  } catch {
    const range = `from ${least === 0 ? '0' : '1ms'} to 24h`;
    throw new InvalidArgumentError(
      `It must be a duration ${range}, as 500ms, 2.5s, 5m or 1h; a bare number is seconds.`,
    );
  }
}

const units = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** Milliseconds as one types them: `500ms`, `2.5s`, `90s`, `5m`. */
export function typedDuration(milliseconds: number): string {
  const [unit, size] =
    units.find(([, each]) => milliseconds % each === 0) ?? (milliseconds > 1000 ? units[2] : ['ms', 1]);
  return `${milliseconds / size}${unit}`;
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
  // It would become the host ws, without a port behind its colon.
  const [, scheme, rest] = /^(wss?|https?):\/(.*)$/i.exec(text) ?? [];
  if (scheme !== undefined) throw usageFailure(`The URL lacks a slash: ${scheme}://${rest}`);
  return text.startsWith(':') ? `ws://localhost${text}` : `ws://${text}`;
}
