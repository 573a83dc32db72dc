import { continuation, type FrameSpec, frame } from '../../protocol/support/frames';

/** How the octets are cut up on their way: all in one, each frame for itself, or in chops of so many octets. */
export type Chop = 'together' | 'by frame' | number;

/** What the fuzzing peer does, one step after the other. */
export type Step =
  | { send: readonly FrameSpec[]; chop: Chop }
  /** A part of one frame: these octets of its payload, and the header with the first of them. */
  | { part: FrameSpec; from: number; to: number }
  /** Waits until all that was sent has been read, and sees that nothing is said about it. */
  | { silence: true }
  /** Waits until so many answers have come. */
  | { answers: number };

/** How the connection ends. Whoever is tested sends a close frame with this code, and nothing after it. */
export interface Ending {
  /**
   * `fuzzer`: when all answers have come the fuzzing peer closes with 1000; `script`: its steps close; `endpoint`: whoever is
   * tested fails the connection.
   */
  closedBy: 'fuzzer' | 'script' | 'endpoint';
  code: number;
  /** Default: that of the close frame that is answered; of a failed connection, any. */
  reason?: string;
}

export interface Script {
  steps: readonly Step[];
  /** What comes back before the close frame, in this order and no more; see `said`. */
  answers: readonly string[];
}

/** A message that goes to and fro, again and again: the next is sent when the last has come back. */
export interface Rounds {
  count: number;
  isBinary: boolean;
  payload(round: number): Buffer;
}

/** One case of the Autobahn test suite, and the one outcome that its table calls OK. */
export interface AutobahnCase {
  /** Its number there. */
  number: string;
  /** What is sent, and what has to come of it. */
  says: string;
  /** Made when the case runs: some payloads are large. */
  script(): Script;
  /** Goes on when the script is done. */
  rounds?: Rounds;
  ends: Ending;
  /** For cases of permessage-deflate: what is negotiated, and how large a frame may be. */
  deflate?: DeflateCase;
}

export interface DeflateCase {
  /** The fuzzing client's `Sec-WebSocket-Extensions`. */
  offer: string;
  /** What the fuzzing server asks of a client that can do it, the first of these that it can. */
  asks: ReadonlyArray<{ noContextTakeover: boolean; maxWindowBits: number | null }>;
  /** Compressed messages are cut into frames of so many octets; 0: not at all. */
  fragmentSize: number;
  /** The messages have to come back compressed. */
  isWorthIt: boolean;
}

export interface Chapter {
  title: string;
  cases: readonly AutobahnCase[];
}

export const send = (chop: Chop, ...frames: FrameSpec[]): Step => ({ send: frames, chop });
export const part = (of: FrameSpec, from: number, to: number): Step => ({ part: of, from, to });

/** All is well: the answers come, and the fuzzing peer says goodbye. */
export function answered(number: string, says: string, steps: readonly Step[], ...answers: string[]): AutobahnCase {
  return { number, says, script: () => ({ steps, answers }), ends: { closedBy: 'fuzzer', code: 1000, reason: '' } };
}

/** A rule was broken: after the answers to what came before, the connection is failed with this code. */
export function failed(
  number: string,
  code: 1002 | 1007 | 1009,
  says: string,
  steps: readonly Step[],
  ...answers: string[]
): AutobahnCase {
  return { number, says, script: () => ({ steps, answers }), ends: { closedBy: 'endpoint', code } };
}

/** The steps close the connection themselves; the code and reason are those of the answer. */
export function closed(
  number: string,
  says: string,
  steps: readonly Step[],
  [code, reason]: readonly [code: number, reason?: string],
  ...answers: string[]
): AutobahnCase {
  return { number, says, script: () => ({ steps, answers }), ends: { closedBy: 'script', code, reason: reason ?? '' } };
}

/** A message in frames of so many octets. */
export function inFragments(opcode: number, payload: Buffer, size: number): FrameSpec[] {
  const frames: FrameSpec[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const piece = payload.subarray(at, at + size);
    const fin = at + size >= payload.length;
    frames.push(at === 0 ? frame(opcode, piece, { fin }) : continuation(piece, { fin }));
  }
  return frames;
}
