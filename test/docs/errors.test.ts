import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CloseCode, InvalidOptionError, type WebSocketError } from '../../src';
import { ExitCode } from '../../src/cli/exit-codes';
import * as errors from '../../src/protocol/errors';
import { root, textOf } from '../support/code-blocks';

/** Names in capitals that are somebody else's: of Node, of OpenSSL, of the environment, of RFC 9113. */
const foreign =
  /^(?:ERR_|HPE_|Z_|E[A-Z]+$|EAI_|[A-Z]+_PROXY$|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ABORT_ERR$|NO_ERROR$|PROTOCOL_ERROR$|INTERNAL_ERROR$|FLOW_CONTROL_ERROR$|SETTINGS_TIMEOUT$|STREAM_CLOSED$|FRAME_SIZE_ERROR$|REFUSED_STREAM$|COMPRESSION_ERROR$|CONNECT_ERROR$|ENHANCE_YOUR_CALM$|INADEQUATE_SECURITY$|NO_APPLICATION_PROTOCOL$)/;

/** The codes that the source gives to errors, and counts. */
function codesOfSource(): Set<string> {
  const folder = path.join(root, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?tsx?$/.test(name));
  const found = new Set<string>();
  for (const file of files) {
    const text = readFileSync(path.join(folder, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    for (const [, code] of text.matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g)) found.add(code!);
    for (const [line] of text.matchAll(/\bcode: .*/g)) {
      for (const [, code] of line.matchAll(/'([A-Z]{3,})'/g)) found.add(code!);
    }
  }
  return new Set([...found].filter((code) => !foreign.test(code)));
}

interface Row {
  readonly section: string;
  readonly codes: readonly string[];
  readonly cells: readonly string[];
}

/** The rows of all tables of the page. */
function rowsOfPage(): Row[] {
  return textOf('docs/errors.md')
    .split(/^## /m)
    .flatMap((text) => {
      const [section = ''] = text.split('\n', 1);
      const lines = text.split('\n').filter((line) => /^\| (?:`|\d)/.test(line));
      return lines.map((line) => {
        const cells = line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim());
        const codes = Array.from(cells[0]!.matchAll(/`([^`]+)`|^(\d+)$/g), ([, quoted, number]) => quoted ?? number!);
        return { section, codes, cells };
      });
    });
}

describe('docs/errors.md', () => {
  const rows = rowsOfPage();

  it('has every code of the source, and no other', () => {
    const listed = rows.flatMap(({ codes }) => codes).filter((code) => /^[A-Z]/.test(code));
    expect([...new Set(listed)].sort()).to.deep.equal([...codesOfSource()].sort());
  });

  it('names the class of each error, and its close code', () => {
    const classes = errors as unknown as Record<string, new (message: string, details: object) => WebSocketError>;
    const checked = rows.filter(
      ({ section, cells }) => section === 'Connections that are failed' && cells[1] !== 'your exception',
    );
    expect(checked).to.have.length.above(20);
    for (const { cells } of checked) {
      const [code, kind = '', closeCode] = cells;
      const Kind = classes[kind.replaceAll('`', '')];
      expect(new Kind!('', { code }).closeCode, code).to.equal(Number(closeCode));
    }
    expect(new InvalidOptionError('').code).to.equal('INVALID_OPTION');
  });

  it('has every close code that an endpoint may say', () => {
    const listed = rows.filter(({ section }) => section === 'Close codes').map(({ codes }) => Number(codes[0]));
    const ours = Object.values(CloseCode).filter(
      (code) => code !== CloseCode.BadGateway && code !== CloseCode.TlsHandshake,
    );
    expect(listed).to.deep.equal([...ours, 4401]);
  });

  it('has every chat error of the protocol', () => {
    const inPage = rows.filter(({ section }) => section === 'Chat errors').flatMap(({ codes }) => codes);
    const source = readFileSync(path.join(root, 'src', 'chat', 'requests.ts'), 'utf8');
    const [, union = ''] = /type ChatErrorCode =\s*((?:\s*\| '[a-z-]+')+)/.exec(source) ?? [];
    const inSource = Array.from(union.matchAll(/'([a-z-]+)'/g), ([, code]) => code!);
    expect(inSource).to.have.length.above(10);
    expect(inPage.filter((code) => /^[a-z-]+$/.test(code)).sort()).to.deep.equal(inSource.sort());
  });

  it('has every exit code of the command line', () => {
    const inPage = rows.filter(({ section }) => section.startsWith('Exit codes')).map(({ codes }) => Number(codes[0]));
    expect(inPage).to.deep.equal(Object.values(ExitCode));
  });
});
