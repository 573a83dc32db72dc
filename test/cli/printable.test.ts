import { expect } from 'chai';
import { printable, printableLines } from '../../src/cli/printable';

describe('printable', () => {
  it('shows control characters by their numbers, and lets tabs pass', () => {
    expect(printable('a\tb\n\r\x1b[31m\x00\x7f')).to.equal('a\tb\\n\\r\\x1b[31m\\x00\\x7f');
  });

  it('shows C1, which some terminals obey like an escape', () => {
    expect(printable('\x9b31m')).to.equal('\\x9b31m');
  });

  it('shows what turns the direction of writing, and what has no shape', () => {
    expect(printable('\u202egpj.exe\u2066\u200b\ufeff\u{e0041}')).to.equal(
      '\\u202egpj.exe\\u2066\\u200b\\ufeff\\u{e0041}',
    );
  });

  it('shows half a character, and leaves whole ones', () => {
    expect(printable('é日本 👍\ud83d')).to.equal('é日本 👍\\ud83d');
  });

  it('keeps the lines of our own texts', () => {
    expect(printableLines('one\ntwo\x1b')).to.equal('one\ntwo\\x1b');
  });
});
