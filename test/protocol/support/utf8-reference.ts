/** The grammar of RFC 3629, section 4, as it is printed: each row is one form of a character. */
const forms: ReadonlyArray<ReadonlyArray<readonly [number, number]>> = [
  [[0x00, 0x7f]],
  [[0xc2, 0xdf], tail()],
  [[0xe0, 0xe0], [0xa0, 0xbf], tail()],
  [[0xe1, 0xec], tail(), tail()],
  [[0xed, 0xed], [0x80, 0x9f], tail()],
  [[0xee, 0xef], tail(), tail()],
  [[0xf0, 0xf0], [0x90, 0xbf], tail(), tail()],
  [[0xf1, 0xf3], tail(), tail(), tail()],
  [[0xf4, 0xf4], [0x80, 0x8f], tail(), tail()],
];

function tail(): readonly [number, number] {
  return [0x80, 0xbf];
}

/**
 * Reads one byte after the other: the index of the first that makes the whole invalid, or -1; and how far whole
 * characters reach.
 */
export function readByGrammar(bytes: Uint8Array): { wrongAt: number; wholeUntil: number } {
  let wholeUntil = 0;
  while (wholeUntil < bytes.length) {
    const form = forms.find(([lead]) => within(bytes[wholeUntil]!, lead!));
    if (form === undefined) return { wrongAt: wholeUntil, wholeUntil };
    for (let i = 1; i < form.length; i++) {
      if (wholeUntil + i === bytes.length) return { wrongAt: -1, wholeUntil };
      if (!within(bytes[wholeUntil + i]!, form[i]!)) return { wrongAt: wholeUntil + i, wholeUntil };
    }
    wholeUntil += form.length;
  }
  return { wrongAt: -1, wholeUntil };
}

function within(byte: number, [least, most]: readonly [number, number]): boolean {
  return byte >= least && byte <= most;
}
