/** The grammar of RFC 3629, section 4, one row for each form: the least and the most of each of its bytes. */
const forms = [
  [0x00, 0x7f],
  [0xc2, 0xdf, 0x80, 0xbf],
  [0xe0, 0xe0, 0xa0, 0xbf, 0x80, 0xbf],
  [0xe1, 0xec, 0x80, 0xbf, 0x80, 0xbf],
  [0xed, 0xed, 0x80, 0x9f, 0x80, 0xbf],
  [0xee, 0xef, 0x80, 0xbf, 0x80, 0xbf],
  [0xf0, 0xf0, 0x90, 0xbf, 0x80, 0xbf, 0x80, 0xbf],
  [0xf1, 0xf3, 0x80, 0xbf, 0x80, 0xbf, 0x80, 0xbf],
  [0xf4, 0xf4, 0x80, 0x8f, 0x80, 0xbf, 0x80, 0xbf],
];

/** By lead byte; empty where no character begins with it. */
const formOf: readonly number[][] = Array.from(
  { length: 256 },
  (_, lead) => forms.find(([least, most]) => lead >= least! && lead <= most!) ?? [],
);

/**
 * Reads one character after the other: how far whole ones reach, and where the first byte is that nothing could follow
 * to make valid, or -1.
 */
export function readUtf8(bytes: Uint8Array): { wholeUntil: number; wrongAt: number } {
  let at = 0;
  while (at < bytes.length) {
    const form = formOf[bytes[at]!]!;
    const length = form.length / 2;
    if (length === 0) return { wholeUntil: at, wrongAt: at };
    for (let i = 1; i < length; i++) {
      if (at + i >= bytes.length) return { wholeUntil: at, wrongAt: -1 };
      const byte = bytes[at + i]!;
      if (byte < form[2 * i]! || byte > form[2 * i + 1]!) return { wholeUntil: at, wrongAt: at + i };
    }
    at += length;
  }
  return { wholeUntil: at, wrongAt: -1 };
}

/** True for bytes that are nothing but whole characters. */
export function isWholeUtf8(bytes: Uint8Array): boolean {
  return readUtf8(bytes).wholeUntil === bytes.length;
}

/** False as soon as nothing that follows could make the bytes valid. */
export function canBecomeUtf8(bytes: Uint8Array): boolean {
  return readUtf8(bytes).wrongAt === -1;
}
