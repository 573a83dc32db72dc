import { inflateRawSync } from 'node:zlib';
import { DeflateWindow } from './deflate-window';
import { InvalidPayloadError, MessageTooBigError } from './errors';

/**
 * What a message leaves out at its end (RFC 7692, section 7.2.2), and an empty block that says the stream is over: only
 * behind a message that is whole does zlib come to that, so that a truncated one is found out.
 */
const ending = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff]);

/**
 * A block that says it is the last (BFINAL) ends zlib's stream, but not the message (7.2.3.4): each costs as much as a
 * short message, in two bytes, so that their number has a limit.
 */
const maxFinalBlocks = 256;

/** What one call of zlib costs, in bytes that are inflated in the same time. */
const effortOfCall = 4096;

/** How much has been inflated. */
export interface Effort {
  /** Bytes, with what the calls of zlib cost in that measure. Only grows. */
  effort: number;
}

/** How far back any peer can refer. */
const largestWindow = 32 * 1024;

const nothing = Buffer.alloc(0);

/**
 * Inflates the payload of a whole message (RFC 7692, section 7.2.2).
 *
 * @param dictionary the last bytes of the peer's messages before, where context is taken over
 * @param limit bytes that the result may have; guarded while inflating
 * @param spent counts what it costs, also where it fails
 * @throws InvalidPayloadError for anything that is no DEFLATE, or ends early
 * @throws MessageTooBigError beyond the limit
 */
export function inflate(payload: Buffer, dictionary: Buffer, limit: number, spent: Effort = { effort: 0 }): Buffer {
  // An empty message has a payload of one byte (7.2.3.6); some send none.
  if (payload.length === 0 || (payload.length === 1 && payload[0] === 0)) return nothing;
  const input = Buffer.concat([payload, ending]);
  const first = run(input, 0, dictionary, limit, limit, spent);
  if (first.read >= payload.length) {
    refuseCut(first.read, payload, input);
    return first.inflated;
  }

  const parts = [first.inflated];
  const window = new DeflateWindow();
  window.append(dictionary, largestWindow);
  let left = limit - first.inflated.length;
  let at = first.read;
  while (at < payload.length) {
    if (parts.length === maxFinalBlocks) {
      throw new MessageTooBigError(`A compressed message has more than ${maxFinalBlocks} final blocks`, {
        code: 'TOO_MANY_BLOCKS',
      });
    }
    window.append(parts.at(-1)!, largestWindow);
    const { inflated, read } = run(input, at, window.content, left, limit, spent);
    parts.push(inflated);
    left -= inflated.length;
    at += read;
  }
  refuseCut(at, payload, input);
  return Buffer.concat(parts);
}

/** A last block of the peer's ends with its payload, or before: one that ends in what was appended took that for data. */
function refuseCut(end: number, payload: Buffer, input: Buffer): void {
  if (end === payload.length || end === input.length) return;
  throw invalid('A compressed message ends in the middle');
}

/** Inflates up to the end, or to the end of a block that says it is the last. */
function run(
  input: Buffer,
  from: number,
  dictionary: Buffer,
  left: number,
  limit: number,
  spent: Effort,
): { inflated: Buffer; read: number } {
  spent.effort += effortOfCall;
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    result = inflateRawSync(from === 0 ? input : input.subarray(from), {
      info: true,
      chunkSize: Math.min(Math.max(1024, input.length * 4), 64 * 1024),
      // zlib takes no zero here.
      maxOutputLength: Math.max(1, left),
      ...(dictionary.length > 0 && { dictionary }),
    }) as unknown as typeof result;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooBig(limit);
    throw invalid(
      code === 'Z_BUF_ERROR' ? 'A compressed message ends in the middle' : 'A compressed message is not valid DEFLATE',
      error,
    );
  }
  const { buffer, engine } = result;
  if (buffer.length > left) throw tooBig(limit);
  spent.effort += buffer.length;
  return { inflated: buffer, read: engine.bytesWritten };
}

function invalid(message: string, cause?: unknown): InvalidPayloadError {
  return new InvalidPayloadError(message, { code: 'INVALID_DEFLATE', ...(cause !== undefined && { cause }) });
}

function tooBig(limit: number): MessageTooBigError {
  return new MessageTooBigError(`A compressed message inflates to more than maxMessageSize (${limit} bytes)`, {
    code: 'MESSAGE_TOO_BIG',
  });
}
