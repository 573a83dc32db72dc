import { isAscii, isUtf8 } from 'node:buffer';

/** What `toString` and `write` call once they have looked at their arguments; for a short text, looking costs as much. */
interface DirectBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, start: number): number;
  utf8Write(text: string, start: number): number;
}

/** The text of bytes that are known to be ASCII. */
export function decodeAscii(bytes: Buffer, start: number, end: number): string {
  return (bytes as DirectBuffer).latin1Slice(start, end);
}

/** Writes a text whose characters are all below U+0100, one byte for each; returns how many. */
export function writeLatin1(target: Buffer, start: number, text: string): number {
  return (target as DirectBuffer).latin1Write(text, start);
}

/** Writes the UTF-8 of a text, for which there is room; returns how many bytes it took. */
export function writeUtf8(target: Buffer, start: number, text: string): number {
  return (target as DirectBuffer).utf8Write(text, start);
}

/**
 * How far `bytes` from `start` to `end` are whole, valid UTF-8 characters: the index behind the last of them, where what
 * follows may still become one; or -1 as soon as no continuation can make the bytes valid. This is what lets a text
 * message fail at its first wrong byte, not at its end.
 */
export function validUtf8Until(bytes: Uint8Array, start: number, end: number): number {
  const boundary = lastBoundary(bytes, start, end);
  if (boundary < end && !canBegin(bytes, boundary, end)) return -1;
  return boundary === start || isUtf8(bytes.subarray(start, boundary)) ? boundary : -1;
}

/** The text in `bytes` from `start` to `end`, or undefined where they are not UTF-8 (RFC 6455, section 8.1). */
export function decodeUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  const range = bytes.subarray(start, end);
  // Text of one-byte characters is copied rather than transcoded, and takes half the memory.
  if (isAscii(range)) return decodeAscii(bytes, start, end);
  return isUtf8(range) ? range.toString('utf8') : undefined;
}

/** Where an unfinished character at the end begins, or `end`. */
function lastBoundary(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start && at >= end - 3; at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return end - at < sequenceLength(byte) ? at : end;
  }
  return end;
}

/** Leads that no character begins with have length 0: `isUtf8` then refuses them, as it does every stray byte. */
function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return lead <= 0xf4 ? 4 : 0;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc2 ? 2 : 0;
}

/**
 * Whether a lead and up to two tails can be the beginning of a character: no overlong form, surrogate, or code above
 * U+10FFFF, all of which the second byte shows.
 */
function canBegin(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2) return true;
  const lead = bytes[start]!;
  const second = bytes[start + 1]!;
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most;
}
