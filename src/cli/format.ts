/** Messages as they are printed. */
import type { ChatMessage } from '../browser';
import { safeJson } from '../protocol/unprintable';
import type { FormatFlags } from './format-options';
import { printable } from './printable';

/** A message of a plain WebSocket; a line, but for binary ones with `--raw`, which are their bytes and nothing else. */
export function formatMessage(message: string | Buffer, { json, raw }: FormatFlags, at: Date): string | Buffer {
  const isText = typeof message === 'string';
  if (raw) return isText ? `${message}\n` : message;
  if (json) {
    const content = isText ? { text: message } : { base64: message.toString('base64') };
    return `${safeJson({ at: at.toISOString(), ...content })}\n`;
  }
  return `${isText ? printable(message) : message.toString('hex')}\n`;
}

/** A message of a chat room. */
export function formatSaid(message: ChatMessage, { json, raw }: FormatFlags): string {
  const { at, room, from, text, data, offset } = message;
  if (json)
    return `${safeJson({ at: isoTime(at), room, from, ...(text === undefined ? { data } : { text }), offset })}\n`;
  const line = `${from.name}: ${contentOf(message)}`;
  return `${raw ? line : printable(line)}\n`;
}

/** What was said: a text, or the JSON of the data. */
export function contentOf({ text, data }: ChatMessage): string {
  return text ?? JSON.stringify(data) ?? '';
}

/** The server says when: a number that is no time is not worth an exception. */
function isoTime(at: number): string | null {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
