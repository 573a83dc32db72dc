import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(__dirname, '..', '..');

/** Code in a document, and what the comment before it says of it. */
export interface CodeBlock {
  /** As `docs/tutorial.md`. */
  readonly document: string;
  readonly language: string;
  /**
   * `example`: a program, which a test runs. `file`: a file of a project, at the path that is its name, which a test runs too.
   * `fragment`: a part of something, which nothing runs.
   */
  readonly marker: 'example' | 'file' | 'fragment' | undefined;
  readonly name: string | undefined;
  readonly code: string;
}

/** The README and all pages of docs/, by their path from the root. */
export function documents(): string[] {
  const pages = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  const ours = pages.filter((page) => page.endsWith('.md') && !page.startsWith('api'));
  return ['README.md', ...ours.map((page) => `docs/${page.replaceAll('\\', '/')}`).sort()];
}

export function textOf(document: string): string {
  return readFileSync(path.join(root, document), 'utf8');
}

/** All code in all documents. */
export function codeBlocks(): CodeBlock[] {
  const pattern = /(?:^<!-- (example|file|fragment)(?:: ([\w./-]+))? -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm;
  return documents().flatMap((document) =>
    Array.from(textOf(document).matchAll(pattern), ([, marker, name, language = '', code = '']) => {
      return { document, language, marker: marker as CodeBlock['marker'], name, code };
    }),
  );
}
