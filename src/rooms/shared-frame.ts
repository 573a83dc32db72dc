import type { SharedEncoding, SharedMessage } from '../protocol/extension';
import { Opcode } from '../protocol/opcode';
import { Batch, BatchArena } from './batch';

const fin = 0x80;

/** One for all hubs: it is about memory, not about rooms. */
const arena = new BatchArena();

/** Where frames are put, by what encoded them; null is for messages as they are. */
export type Batches = Map<SharedEncoding | null, Batch>;

/** One message, in one of the encodings that members need, and where its frame lies: the batch goes on with the next one. */
export interface SharedFrame {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  readonly message: SharedMessage | undefined;
}

/**
 * Makes the frame of a message, behind the last one with the same encoding.
 *
 * @param message what the encoding made of it; null where it goes as it is
 */
export function writeShared(
  batches: Batches,
  encoding: SharedEncoding | null,
  payload: string | Buffer,
  message: SharedMessage | null,
): SharedFrame {
  let batch = batches.get(encoding);
  if (batch === undefined) {
    batch = new Batch();
    batches.set(encoding, batch);
  }
  const opcode = typeof payload === 'string' ? Opcode.Text : Opcode.Binary;
  arena.encode(batch, fin | (message?.reservedBits ?? 0) | opcode, message?.payload ?? payload);
  const { buffer, start, end } = batch;
  return { buffer, start, end, message: message ?? undefined };
}
