/** The lists of headers by regular expressions: the oracle for tokenisers that must not use any. */

export type Extension = { name: string; params: Array<[string, string | true]> };

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const wholeToken = new RegExp(`^${token}$`);
const piece = new RegExp(`[ \\t]*(?:([;,=])|(${token})|"((?:[^"\\\\]|\\\\[\\s\\S])*)")[ \\t]*`, 'y');

export function isTokenByRule(text: string): boolean {
  return wholeToken.test(text);
}

/** The items of a comma-separated list, without the blanks around them. */
export function listItems(header: string): string[] {
  return header.split(',').map((item) => item.replace(/^[ \t]+/, '').replace(/[ \t]+$/, ''));
}

/** The tokens of a list, or undefined where one of them is none, or comes twice. */
export function tokensByRule(header: string): string[] | undefined {
  const items = listItems(header);
  return items.every(isTokenByRule) && new Set(items).size === items.length ? items : undefined;
}

/** RFC 6455, section 9.1; undefined where the header is not in the grammar. */
export function extensionsByRule(header: string): Extension[] | undefined {
  const pieces: Array<{ sign?: string; word?: string; quoted?: boolean }> = [];
  piece.lastIndex = 0;
  while (piece.lastIndex < header.length) {
    const match = piece.exec(header);
    if (match === null) return undefined;
    const [, sign, word, quoted] = match;
    if (sign !== undefined) pieces.push({ sign });
    else if (word !== undefined) pieces.push({ word });
    else pieces.push({ word: quoted!.replace(/\\([\s\S])/g, '$1'), quoted: true });
  }
  const extensions: Extension[] = [];
  let at = 0;
  const sign = (which: string) => pieces[at]?.sign === which && ++at > 0;
  for (;;) {
    const name = pieces[at++];
    if (name?.word === undefined || name.quoted) return undefined;
    const extension: Extension = { name: name.word, params: [] };
    while (sign(';')) {
      const key = pieces[at++];
      if (key?.word === undefined || key.quoted) return undefined;
      if (!sign('=')) {
        extension.params.push([key.word, true]);
        continue;
      }
      const value = pieces[at++];
      if (value?.word === undefined || !isTokenByRule(value.word)) return undefined;
      extension.params.push([key.word, value.word]);
    }
    extensions.push(extension);
    if (at === pieces.length) return extensions;
    if (!sign(',')) return undefined;
  }
}
