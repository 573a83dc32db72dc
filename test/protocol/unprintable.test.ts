import { expect } from 'chai';
import { safeJson } from '../../src/protocol/unprintable';

describe('safeJson', () => {
  it('has nothing that a terminal obeys, and reads as the same value', () => {
    const value = { text: 'a\n\x1b[2J\x9b\u202e\u{e0041}👍\ud83d\x7f' };
    const json = safeJson(value);
    expect(json).to.equal('{"text":"a\\n\\u001b[2J\\u009b\\u202e\\udb40\\udc41👍\\ud83d\\u007f"}');
    expect(JSON.parse(json)).to.deep.equal(value);
  });

  it('shows what is in no list of its own: other format characters, and tags that have no meaning yet', () => {
    expect(safeJson('\u0600\u{1d173}\u{e0002}')).to.equal('"\\u0600\\ud834\\udd73\\udb40\\udc02"');
  });

  it('leaves what can be seen: accents, signs for private use, and characters younger than this Node', () => {
    const text = 'é \u0301 \ue0a0 \u{1fadd}';
    expect(safeJson(text)).to.equal(`"${text}"`);
  });
});
