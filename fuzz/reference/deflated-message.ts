import type { ReferenceExtension } from './decoder';
import { inflateByTheLetter } from './inflate';

const ending = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** What we append besides, an empty block that says it is the last. */
const finalBlock = Buffer.from([0x01, 0x00, 0x00, 0xff, 0xff]);
const tooBig = 1009;
const invalid = 1007;
/** Above every limit: whether what is too large is also valid can then be told. */
const farAbove = 150_000;
/** See `src/protocol/inflate.ts`: no more final blocks are read. */
const maxFinalBlocks = 1024;

/** What may come of a payload by the RFC: its data, or the close codes that it deserves; undefined where that is open. */
export function inflatedByRule(payload: Buffer, history: Buffer, limit: number): Buffer | number[] | undefined {
  if (payload.length === 0) return payload;
  const { data, error, finals, finalAt } = inflateByTheLetter(Buffer.concat([payload, ending]), history, farAbove);
  // A final block that ends in what was appended has lost its end.
  if (finalAt > payload.length) return [tooBig, invalid];
  // Unless it takes all that is appended for data: then nobody can tell.
  if (error === 'cut' && endsWithAll(payload, history)) return undefined;
  // What is appended may inflate to more than the limit, before it is seen that the end is missing.
  if (error === 'cut' && finalAt !== payload.length) return [tooBig, invalid];
  if (finals >= maxFinalBlocks) return [tooBig, invalid];
  // Behind a final block, the byte that stands for what was left out may be missing.
  const isValid = error === undefined || finalAt === payload.length;
  if (data.length > limit) return isValid && data.length <= farAbove ? [tooBig] : [tooBig, invalid];
  if (isValid) return data;
  return [invalid];
}

function endsWithAll(payload: Buffer, history: Buffer): boolean {
  const all = Buffer.concat([payload, ending, finalBlock]);
  return inflateByTheLetter(all, history, farAbove).finalAt === all.length;
}

/** A payload that the RFC leaves it open what becomes of. */
export class Undecided extends Error {}

/** What a payload may have that inflates to so many bytes: what cannot be made smaller becomes a little larger. */
export function encodedSize(size: number): number {
  return size + Math.floor(size / 8) + 1024;
}

/** permessage-deflate with context takeover and the largest window, for `decodeByTheLetter`; once for each connection. */
export function deflateByTheLetter(maxMessageSize: number): ReferenceExtension {
  let history: Buffer = Buffer.alloc(0);
  return {
    bit: 0x40,
    sizeLimit: encodedSize(maxMessageSize),
    decode(payload) {
      const inflated = inflatedByRule(payload, history, maxMessageSize);
      if (inflated === undefined || (!Buffer.isBuffer(inflated) && inflated.length > 1)) throw new Undecided();
      if (!Buffer.isBuffer(inflated)) return inflated[0]!;
      history = Buffer.concat([history, inflated]).subarray(-32_768);
      return inflated;
    },
  };
}
