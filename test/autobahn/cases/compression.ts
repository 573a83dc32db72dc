import { type DataKind, testData } from '../support/test-data';
import { type AutobahnCase, answered, type Chapter, type DeflateCase } from './autobahn-case';

/** Of the original each case has 1,000 messages, 21 GB together: that many with `npm run autobahn`. */
const isFull = process.env.npm_lifecycle_event === 'autobahn';

const sizes: ReadonlyArray<readonly [length: number, fragmentSize: number]> = [
  ...[16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072].map((length) => [length, 0] as const),
  ...[8192, 16_384, 32_768, 65_536, 131_072].map((length) => [length, 256] as const),
  [131_072, 1024],
  [131_072, 4096],
  [131_072, 32_768],
];

/** Otherwise 250, or as many as fit into 1 MiB, and at least eight. */
function countFor(length: number): number {
  return isFull ? 1000 : Math.max(8, Math.min(250, Math.floor(2 ** 20 / length)));
}

/** Messages are pieces of the data, one behind the other, and round again. */
function piece(data: Buffer, length: number, index: number): Buffer {
  const at = (index * length) % data.length;
  const end = at + length;
  return end <= data.length
    ? data.subarray(at, end)
    : Buffer.concat([data.subarray(at), data.subarray(0, end - data.length)]);
}

function chapter(prefix: string, kind: DataKind, deflate: Pick<DeflateCase, 'offer' | 'asks'>, how: string) {
  return sizes.map(([length, fragmentSize], index): AutobahnCase => {
    const count = countFor(length);
    const frames = fragmentSize === 0 ? '' : `, in frames of ${fragmentSize}`;
    const { isBinary, data } = testData(kind);
    return {
      ...answered(
        `${prefix}.${index + 1}`,
        `${count.toLocaleString('en')} compressed messages of ${length} octets${frames} come back (${how})`,
        [],
      ),
      rounds: { count, isBinary, payload: (round) => piece(data(), length, round) },
      // Of short messages, and of noise, nothing is saved: they may come back as they are.
      deflate: { ...deflate, fragmentSize, isWorthIt: length >= 256 && kind !== 'pdf' },
    };
  });
}

/** What the suite's client says of itself in every offer. */
const able = 'permessage-deflate; client_no_context_takeover; client_max_window_bits';
const noTakeover = 'server_no_context_takeover';
const nothing = { noContextTakeover: false, maxWindowBits: null };

const kinds: readonly DataKind[] = ['json', 'bitmap', 'prose', 'html', 'pdf'];

const parameters: ReadonlyArray<Pick<DeflateCase, 'offer' | 'asks'>> = [
  { offer: able, asks: [nothing] },
  { offer: `${able}; ${noTakeover}`, asks: [{ noContextTakeover: true, maxWindowBits: null }] },
  { offer: `${able}; server_max_window_bits=9`, asks: [{ noContextTakeover: false, maxWindowBits: 9 }] },
  { offer: `${able}; server_max_window_bits=15`, asks: [{ noContextTakeover: false, maxWindowBits: 15 }] },
  { offer: `${able}; ${noTakeover}; server_max_window_bits=9`, asks: [{ noContextTakeover: true, maxWindowBits: 9 }] },
  {
    offer: `${able}; ${noTakeover}; server_max_window_bits=15`,
    asks: [{ noContextTakeover: true, maxWindowBits: 15 }],
  },
  {
    offer: `${able}; ${noTakeover}; server_max_window_bits=9, ${able}; ${noTakeover}, ${able}`,
    asks: [{ noContextTakeover: true, maxWindowBits: 9 }, { noContextTakeover: true, maxWindowBits: null }, nothing],
  },
];

export const payloads: Chapter = {
  title: '12 Compression of different payloads',
  cases: kinds.flatMap((kind, index) => chapter(`12.${index + 1}`, kind, { offer: able, asks: [nothing] }, kind)),
};

export const deflateParameters: Chapter = {
  title: '13 Compression with different parameters',
  cases: parameters.flatMap((each, index) => {
    const { noContextTakeover, maxWindowBits } = each.asks[0]!;
    const how = [
      noContextTakeover ? 'no context takeover' : 'context takeover',
      ...(maxWindowBits === null ? [] : [`window of ${maxWindowBits} bits`]),
      ...(each.asks.length > 1 ? ['or less'] : []),
    ];
    return chapter(`13.${index + 1}`, 'json', each, how.join(', '));
  }),
};
