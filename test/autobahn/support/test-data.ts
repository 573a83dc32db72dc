import { seededRandom } from '../../protocol/support/chunks';

export type DataKind = 'json' | 'bitmap' | 'prose' | 'html' | 'pdf';

interface TestData {
  isBinary: boolean;
  /** Texts are ASCII, so that they can be cut anywhere. */
  data(): Buffer;
}

/** Data of the same kinds and sizes as the suite's files; what is in them is our own. */
export function testData(kind: DataKind): TestData {
  return { isBinary: kind !== 'json' && kind !== 'html', data: () => made(kind) };
}

const cache = new Map<DataKind, Buffer>();

function made(kind: DataKind): Buffer {
  let data = cache.get(kind);
  if (data === undefined) {
    data = makers[kind]();
    cache.set(kind, data);
  }
  return data;
}

const makers: Record<DataKind, () => Buffer> = {
  json: () => fill(194_056, (random, index) => `${record(random, index)},\n`),
  html: () =>
    fill(
      263_527,
      (random, index) => `<tr class="row${index % 2}"><td>${index}</td><td>${sentence(random)}</td></tr>\n`,
    ),
  prose: () => fill(222_218, (random) => `${sentence(random)} Über süße Äpfel, größer als früher.\n`),
  bitmap: () => {
    const random = seededRandom(512);
    // Neighbours in a picture are alike, and never quite the same.
    let shade = 128;
    return Buffer.from(
      Uint8Array.from({ length: 263_222 }, () => {
        shade = (shade + random(7) + 253) & 0xff;
        return shade;
      }),
    );
  },
  pdf: () => {
    // Mostly compressed already, with some words between.
    const random = seededRandom(1_042_328);
    const noise = () => Buffer.from(Uint8Array.from({ length: 2000 }, () => random(256)));
    return fill(1_042_328, (_, index) =>
      Buffer.concat([Buffer.from(`${index} 0 obj << /Length 2000 >> stream\n`), noise()]),
    );
  },
};

function fill(length: number, next: (random: (below: number) => number, index: number) => string | Buffer): Buffer {
  const random = seededRandom(length);
  const pieces: Buffer[] = [];
  for (let size = 0, index = 0; size < length; index++) {
    const piece = Buffer.from(next(random, index) as string);
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.concat(pieces).subarray(0, length);
}

const words = 'light room wire frame night river song letter garden window stone order bridge answer table'.split(' ');

function sentence(random: (below: number) => number): string {
  return `${Array.from({ length: 6 + random(8) }, () => words[random(words.length)]).join(' ')}.`;
}

function record(random: (below: number) => number, index: number): string {
  const tags = [words[random(words.length)], words[random(words.length)]];
  return JSON.stringify({
    id: index,
    price: random(100_000) / 100,
    name: sentence(random),
    tags,
    isOpen: random(2) === 1,
  });
}
