import { extensionsByRule, listItems, tokensByRule } from './headers';

/** The lines of a head: its first, and the headers by lower-case name, repeated ones joined. */
export interface Head {
  startLine: string;
  headers: Map<string, string>;
}

const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Reads a head by the rules of RFC 9112; the HTTP status that refuses it where it is none. */
export function readHead(text: string): Head | number {
  const end = text.indexOf('\r\n\r\n');
  if ((end === -1 ? text.length : end) > 16384) return 431;
  if (end === -1) return 400;
  const [startLine = '', ...lines] = text.slice(0, end).split('\r\n');
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(startLine)) return 400;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = headerLine.exec(line);
    if (match === null) return 400;
    const name = match[1]!.toLowerCase();
    const value = match[2]!.replace(/[ \t]+$/, '');
    const earlier = headers.get(name);
    if (name === 'host' && earlier !== undefined) return 400;
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { startLine, headers };
}

const requestLine = /^([^ ]*) ([\x21-\x7e]+) HTTP\/([^ ]*)$/;

/** The answer that an opening handshake deserves, RFC 6455, section 4.2: 101, or the status that refuses it. */
export function statusByRule(text: string): number {
  const head = readHead(text);
  if (typeof head === 'number') return head;
  const { headers } = head;
  const match = requestLine.exec(head.startLine);
  if (match === null || !headers.has('host')) return 400;
  const [, method, , version] = match;
  if (method !== 'GET') return 405;
  if (!/^(1\.[1-9]|[2-9]\.[0-9])$/.test(version!)) return 400;
  const holds = (name: string, word: string) =>
    listItems(headers.get(name) ?? '').some((item) => item.toLowerCase() === word);
  if (!holds('upgrade', 'websocket') || !holds('connection', 'upgrade')) return 400;
  const spoken = headers.get('sec-websocket-version');
  if (spoken === undefined) return 400;
  if (spoken !== '13') return 426;
  if (!/^[A-Za-z0-9+/]{22}==$/.test(headers.get('sec-websocket-key') ?? '')) return 400;
  const protocols = headers.get('sec-websocket-protocol');
  if (protocols !== undefined && tokensByRule(protocols) === undefined) return 400;
  const extensions = headers.get('sec-websocket-extensions');
  if (extensions !== undefined && extensionsByRule(extensions) === undefined) return 400;
  return 101;
}
