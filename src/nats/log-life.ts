import type { StreamConfig, StreamInfo } from './jetstream';

/** What is written into the description of a stream of logs, as JSON: what its configuration cannot say. */
interface Notes {
  /** How often the server was found to have lost what it had acknowledged. */
  readonly losses: number;
  /** The smallest number of messages of a room that the stream ever kept. */
  readonly least: number;
}

/** What is known of a stream of logs. */
export interface LogLife {
  readonly config: StreamConfig;
  /** Names the stream, from its creation until it is deleted: the last token of what it republishes. */
  readonly life: string;
  readonly notes: Notes;
  readonly epoch: string;
  /** The sequence that its first message has, or the next one will have. */
  readonly first: number;
  /** The sequence of its last message; 0 before there was one. */
  readonly last: number;
}

export function describeNotes({ losses, least }: Notes): string {
  return JSON.stringify({ switchboard: 'logs of rooms', losses, least });
}

/** @returns undefined for a stream that was not made for logs of rooms */
export function lifeOf({ config, state }: StreamInfo, subject: string): LogLife | undefined {
  const notes = notesOf(config.description);
  const life = config.republish?.dest.split('.').at(-1);
  if (notes === undefined || life === undefined || config.subjects?.[0] !== subject) return undefined;
  const first = state.messages === 0 ? state.last_seq + 1 : state.first_seq;
  return { config, life, notes, epoch: epochOf(life, notes.losses), first, last: state.last_seq };
}

/** Offsets of one epoch can be compared: neither was the stream made anew, nor has it lost its end. */
export function epochOf(life: string, losses: number): string {
  return losses === 0 ? life : `${life}.${losses}`;
}

function notesOf(description = ''): Notes | undefined {
  try {
    const { losses, least } = JSON.parse(description);
    return Number.isSafeInteger(losses) && Number.isSafeInteger(least) ? { losses, least } : undefined;
  } catch {
    return undefined;
  }
}
