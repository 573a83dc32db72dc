import { printableLines } from './printable';

/** Tells the user something besides what was asked for: on the error stream, so that the output stays what it is. */
export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}
