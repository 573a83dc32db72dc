import type { Random } from '../random';

/** Characters of one to four bytes at the edges of their forms, and bytes that are no characters, or only a part of one. */
const whole = [
  'a',
  ' ',
  '\0',
  '\x7f',
  'é',
  '\u0080',
  '\u07ff',
  '\u0800',
  '€',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
  '\u{10ffff}',
].map((text) => Buffer.from(text));
const broken = [
  '80',
  'bf',
  'c0af',
  'c180',
  'c2',
  'e080af',
  'e0a0',
  'e282',
  'eda080',
  'edbfbf',
  'f0808080',
  'f09f',
  'f09f98',
  'f48fbf',
  'f490',
  'f5',
  'ff',
].map((digits) => Buffer.from(digits, 'hex'));

/** Bytes of UTF-8, mostly valid. */
export function utf8Bytes(random: Random, characters: number): Buffer {
  if (!random.oneIn(4)) return Buffer.alloc(characters, 'The quick brown fox ');
  const parts: Buffer[] = [];
  const flaw = random.oneIn(4) ? random.below(characters + 1) : -1;
  for (let i = 0; i <= characters; i++) {
    if (i === flaw) parts.push(random.pick(broken));
    else if (i < characters) parts.push(random.pick(whole));
  }
  return Buffer.concat(parts);
}
