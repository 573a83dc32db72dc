import { AdapterError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { Entry, Envelope, Presence, PresenceChange } from '../rooms/adapter';
import { reportMistake } from '../rooms/steps';
import { decodeEnvelope } from '../rooms/wire-format';

/** Who hears what comes on the channel of a room. */
export interface RoomMessages {
  appended(entry: Entry, previous: number): void;
  published(envelope: Envelope): void;
  presence(from: string, change: PresenceChange): void;
  /** Somebody published what is not in the wire format. */
  refused(error: AdapterError): void;
}

export function encodePublished(envelope: string): string {
  return `p ${envelope}`;
}

export function encodePresence(node: string, change: PresenceChange): string {
  return `c ${JSON.stringify({ node, ...change })}`;
}

/** Tells a message of a channel. Never throws: what a receiver throws is reported as its mistake. */
export function receiveMessage(message: string, to: RoomMessages): void {
  let tell: () => void;
  try {
    tell = decode(message, to);
  } catch (error) {
    to.refused(error as AdapterError);
    return;
  }
  try {
    tell();
  } catch (error) {
    reportMistake(error);
  }
}

/** The first letter says what it is. @returns tells it */
function decode(message: string, to: RoomMessages): () => void {
  if (message.startsWith('e ')) return decodeEntries(message, to);
  if (message.startsWith('p ')) {
    const envelope = decodeEnvelope(message.slice(2));
    return () => to.published(envelope);
  }
  if (message.startsWith('c ')) {
    const [from, change] = decodeChange(message.slice(2));
    return () => to.presence(from, change);
  }
  throw invalid(`it must begin with 'e ', 'p ' or 'c ', not ${describe(message.slice(0, 20))}`);
}

/** A line with the epoch and the offset of the first entry, then a line of JSON for each. */
function decodeEntries(message: string, to: RoomMessages): () => void {
  const [head, ...lines] = message.split('\n');
  const [, epoch = '', first = ''] = head!.split(' ');
  const offset = Number(first);
  if (epoch === '' || !Number.isSafeInteger(offset) || offset < 1) {
    throw invalid(`its first line must be 'e', an epoch and an offset, not ${describe(head)}`);
  }
  return () => readEntries(lines, epoch, offset, to);
}

/** Entries of consecutive offsets, as the log and the channel have them. One that nobody can read is as if it were not there. */
export function readEntries(
  lines: readonly string[],
  epoch: string,
  first: number,
  to: Pick<RoomMessages, 'appended' | 'refused'>,
): void {
  let previous = first - 1;
  lines.forEach((line, index) => {
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(line);
    } catch (error) {
      to.refused(error as AdapterError);
      return;
    }
    const offset = first + index;
    to.appended({ ...envelope, epoch, offset }, previous);
    previous = offset;
  });
}

function decodeChange(json: string): [from: string, change: PresenceChange] {
  const { node, joins, leaves } = parse(json);
  if (typeof node !== 'string' || !Array.isArray(joins) || !Array.isArray(leaves)) {
    throw invalid("a change of presence must have 'node', 'joins' and 'leaves'");
  }
  if (!joins.every(isPresence)) throw invalid("each of 'joins' must have 'id', 'node' and an object 'value'");
  if (!leaves.every((id) => typeof id === 'string')) throw invalid("'leaves' must be ids");
  return [node, { joins, leaves }];
}

export function encodePresent({ node, value }: Presence): string {
  return JSON.stringify({ node, value });
}

/** @returns undefined for what somebody else wrote, and is none */
export function decodePresent(id: string, json: string): Presence | undefined {
  try {
    const { node, value } = parse(json);
    const presence = { id, node, value };
    return isPresence(presence) ? presence : undefined;
  } catch {
    return undefined;
  }
}

function isPresence(value: unknown): value is Presence {
  if (typeof value !== 'object' || value === null) return false;
  const { id, node, value: seen } = value as Partial<Record<keyof Presence, unknown>>;
  return typeof id === 'string' && typeof node === 'string' && typeof seen === 'object' && seen !== null;
}

function parse(json: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(json)) as Record<string, unknown>;
  } catch {
    throw invalid(`it is no JSON: ${describe(json)}`);
  }
}

function invalid(words: string): AdapterError {
  return new AdapterError(`A message on a channel of Redis cannot be read: ${words}`, { code: 'INVALID_MESSAGE' });
}
