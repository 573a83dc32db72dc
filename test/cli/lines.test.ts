import { expect } from 'chai';
import { parseLine } from '../../src/cli/chat/line';
import { linesOf } from '../../src/cli/send/lines';
import { textPieces } from '../../src/cli/send/text-pieces';

async function* chunks(...texts: (string | number[])[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text as string);
}

async function all<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('lines of standard input', () => {
  it('come whole, however they are cut', async () => {
    const lines = await all(linesOf(chunks('on', 'e\ntwo\r', '\n\nthr', 'ee')));
    expect(lines.map(String)).to.deep.equal(['one', 'two', '', 'three']);
  });

  it('are none where there is nothing', async () => {
    expect(await all(linesOf(chunks()))).to.deep.equal([]);
  });
});

describe('text in pieces', () => {
  it('puts a character together that two chunks share', async () => {
    const pieces = await all(textPieces(chunks([0x61, 0xc3], [0xa9])));
    expect(pieces).to.deep.equal(['a', 'é']);
  });

  it('refuses what is not UTF-8, also at the end', async () => {
    for (const bytes of [[0xff], [0xc3]]) {
      const error = await all(textPieces(chunks(bytes))).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'ERR_ENCODING_INVALID_ENCODED_DATA' });
    }
  });
});

describe('a line of the chat', () => {
  it('is said, or a command', () => {
    expect(parseLine(' hello ')).to.deep.equal({ kind: 'say', text: 'hello' });
    expect(parseLine('//join')).to.deep.equal({ kind: 'say', text: '/join' });
    expect(parseLine('/JOIN the news')).to.deep.equal({ kind: 'command', command: 'join', argument: 'the news' });
    expect(parseLine('/jion x')).to.deep.equal({ kind: 'unknown', command: 'jion' });
    expect(parseLine('  ')).to.deep.equal({ kind: 'nothing' });
  });
});
