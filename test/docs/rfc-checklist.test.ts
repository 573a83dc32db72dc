import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { allCases } from '../autobahn/cases/chapters';

const root = path.join(__dirname, '..', '..');
const checklist = readFileSync(path.join(root, 'docs', 'rfc-checklist.md'), 'utf8');

interface Row {
  line: number;
  section: string;
  obeyedBy: string;
  provedBy: string;
}

/** The rows of all tables, without their heads. */
const rows: Row[] = checklist.split('\n').flatMap((text, index): Row[] => {
  if (!text.startsWith('| ') || text.startsWith('| section ')) return [];
  // A bar inside of backquotes is no end of a cell; there is none.
  const cells = text.split('|').map((cell) => cell.trim());
  expect(cells, `cells in line ${index + 1}`).to.have.length(8);
  const [, section = '', , , , obeyedBy = '', provedBy = ''] = cells;
  return [{ line: index + 1, section, obeyedBy, provedBy }];
});

const filesIn = (text: string) => [...text.matchAll(/`((?:src|test|demo)\/[^`]*)`/g)].map((match) => match[1]!);

/** Files of tests, each with the words that stand behind it. */
function testsIn(text: string): Array<{ file: string; titles: string[] }> {
  return [...text.matchAll(/`(test\/[^`]+)`((?:\s*“[^”]+”)*)/g)].map((match) => ({
    file: match[1]!,
    titles: [...match[2]!.matchAll(/“([^”]+)”/g)].map((title) => title[1]!),
  }));
}

/** The strings of a source as they are written, without what its comments say. */
const stringsOf = (file: string) =>
  readFileSync(path.join(root, file), 'utf8')
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .join('\n');

describe('docs/rfc-checklist.md', () => {
  it('has a row for every section that makes demands', () => {
    expect(rows.length).to.be.at.least(130);
    const sections = rows.map(({ section }) => section.split(',')[0]);
    const expected = '3 4.1 4.2.1 4.2.2 4.3 4.4 5.1 5.2 5.3 5.4 5.5 5.5.1 5.5.2 5.5.3 5.6 5.8 6.1 6.2 7.1.1 7.1.2';
    const later = '7.1.7 7.2.1 7.2.2 7.2.3 7.3 7.4.1 7.4.2 8.1 9 9.1 10.2 10.3 10.4 10.6 10.7 11.1 11.3.1';
    const rfc7692 = '5 6 6.1 6.2 7 7.1.1.1 7.1.1.2 7.1.2.1 7.1.2.2 7.2.1 7.2.2 7.2.3.6 8';
    expect(sections).to.include.members(`${expected} ${later} ${rfc7692}`.split(' '));
  });

  it('names files that exist', () => {
    const missing = filesIn(checklist).filter((file) => !existsSync(path.join(root, file)));
    expect(missing).to.deep.equal([]);
  });

  it('names tests that exist, by words that are in them', () => {
    const missing = rows.flatMap(({ line, provedBy }) =>
      testsIn(provedBy).flatMap(({ file, titles }) => {
        if (titles.length === 0) return [`line ${line}: no title for ${file}`];
        const source = stringsOf(file);
        return titles.filter((title) => !source.includes(title)).map((title) => `line ${line}: ${title} in ${file}`);
      }),
    );
    expect(missing).to.deep.equal([]);
  });

  it('names cases of the Autobahn test suite that exist', () => {
    const numbers = new Set(allCases.map(({ number }) => number));
    const named = [...checklist.matchAll(/Autobahn (\d[\d.]*\d)/g)].map((match) => match[1]!);
    expect(named.filter((number) => !numbers.has(number))).to.deep.equal([]);
    expect(named).to.have.length.at.least(40);
  });

  it('has a proof for every rule that a file obeys, and a reason for every other', () => {
    const wanting = rows.filter(({ obeyedBy, provedBy }) => {
      if (/^\*\*not obeyed\*\*|^not obeyed|^–:/.test(obeyedBy)) return false;
      return testsIn(provedBy).length === 0 && !/Autobahn|see RFC 7692/.test(provedBy);
    });
    expect(wanting.map(({ line }) => line)).to.deep.equal([]);
    for (const { line, obeyedBy } of rows) expect(obeyedBy, `line ${line}`).not.to.match(/^–?$/);
  });
});
