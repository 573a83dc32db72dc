/** What a peer said, as it can be shown. Nothing is hidden: each character that a terminal obeys is shown by its number. */
import { escapedUnit, unprintable } from '../protocol/unprintable';

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/** A text without anything that a terminal obeys, on one line. Tabs pass. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => short[character] ?? escaped(character));
}

/** The same for several lines of this program's own, which may quote somebody. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : escapedUnit(code);
}
