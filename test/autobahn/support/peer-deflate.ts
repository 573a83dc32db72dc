import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from 'node:zlib';

/** What one direction does; `windowBits` 15 where nothing was said. */
export interface Direction {
  noContextTakeover: boolean;
  windowBits: number;
}

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/**
 * permessage-deflate by node:zlib's streaming handles, which the code under test does not use. Its inflater has no more
 * window than was agreed on, so that a peer that looks back farther is found out.
 */
export class PeerDeflate {
  private readonly deflater: DeflateRaw;
  private readonly inflater: InflateRaw;

  constructor(
    private readonly sending: Direction,
    private readonly receiving: Direction,
  ) {
    // Level 1: what is tested is what we make of it, and the cases send much.
    this.deflater = createDeflateRaw({ windowBits: sending.windowBits, level: 1 });
    this.inflater = createInflateRaw({ windowBits: receiving.windowBits });
  }

  /** RFC 7692, 7.2.1. */
  async compress(payload: Buffer): Promise<Buffer> {
    const deflated = await through(this.deflater, payload);
    if (this.sending.noContextTakeover) this.deflater.reset();
    if (!deflated.subarray(-4).equals(tail)) throw new Error('A sync flush ends with 00 00 ff ff');
    return deflated.subarray(0, -4);
  }

  /** RFC 7692, 7.2.2. */
  async inflate(payload: Buffer): Promise<Buffer> {
    const inflated = await through(this.inflater, Buffer.concat([payload, tail]));
    if (this.receiving.noContextTakeover) this.inflater.reset();
    return inflated;
  }

  close(): void {
    this.deflater.close();
    this.inflater.close();
  }
}

function through(stream: DeflateRaw | InflateRaw, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const take = (piece: Buffer) => pieces.push(piece);
    stream.on('data', take);
    stream.once('error', reject);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', take);
      stream.off('error', reject);
      resolve(Buffer.concat(pieces));
    });
  });
}
