/**
 * What a peer said, as it can be shown: a terminal obeys control characters, and texts that change the direction of writing
 * make it show what is not there. Tabs pass. Nothing is hidden: each character is shown by its number.
 */

/** C0 without the tab, DEL and C1; what sets directions; separators of lines; tags and other characters without a shape; halves of characters. */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** The same in JSON, where C0 is escaped already, and every other character may be. */
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/** A text without anything that a terminal obeys, on one line. */
export function printable(text: string): string {
  return text.replace(unsafe, (character) => short[character] ?? escaped(character));
}

/** The same for several lines of this program's own, which may quote somebody. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** A value as JSON, on one line, without anything that a terminal obeys; it reads as the same value. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (character) =>
    Array.from({ length: character.length }, (_, at) => unit(character.charCodeAt(at))).join(''),
  );
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : unit(code);
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
