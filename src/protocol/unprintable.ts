/**
 * What a terminal obeys, or does not show: control and format characters (those that set the direction of writing among them),
 * separators of lines, tags, and halves of characters. A tab is none of them.
 */
export const unprintable = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{e0000}-\u{e007f}]/gu;

/** A value as JSON, on one line, without anything that a terminal obeys; it reads as the same value. */
export function safeJson(value: unknown): string {
  return escapeUnprintable(JSON.stringify(value));
}

/** A text with what a terminal obeys, and what ends a line, by its number: `\u001b`. */
export function escapeUnprintable(text: string): string {
  return text.replace(unprintable, (character) =>
    Array.from({ length: character.length }, (_, at) => escapedUnit(character.charCodeAt(at))).join(''),
  );
}

/** A UTF-16 code unit as JSON and JavaScript have it: `\u009b`. */
export function escapedUnit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
