import { AdapterError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { Draft, Envelope, RoomData } from './adapter';
import { maxPublishKeyLength } from './publication';
import { maxRoomNameLength } from './room-name';

/** The longest id of a message or a node, in characters. */
const maxIdLength = 64;

/** An envelope as brokers carry it: JSON in one line, that other languages write and read as easily. */
interface WireEnvelope {
  readonly v: 1;
  readonly id: string;
  readonly node: string;
  readonly at: number;
  /** Exactly one of the three; bytes in base64. */
  readonly text?: string;
  readonly binary?: string;
  readonly value?: object;
  readonly rooms?: readonly string[];
  readonly key?: string;
}

/** @returns JSON without a line break */
export function encodeEnvelope(node: string, { id, at, data, rooms, key }: Draft): string {
  const more = { ...(rooms !== undefined && { rooms }), ...(key !== undefined && { key }) };
  const wire: WireEnvelope = { v: 1, id, node, at, ...wireData(data), ...more };
  return JSON.stringify(wire);
}

/**
 * Anybody may publish at a broker, so nothing is believed.
 *
 * @throws AdapterError with code `'INVALID_MESSAGE'`, that says what is wrong
 */
export function decodeEnvelope(json: string): Envelope {
  const wire = parse(json);
  if (wire.v !== 1) throw invalid(`'v' must be 1, the version of the format, not ${describe(wire.v)}`);
  checkId('id', wire.id);
  checkId('node', wire.node);
  if (typeof wire.at !== 'number' || !Number.isSafeInteger(wire.at) || wire.at < 0) {
    throw invalid(`'at' must be milliseconds since 1970, not ${describe(wire.at)}`);
  }
  const { id, node, at } = wire as unknown as WireEnvelope;
  const { rooms, key } = wire;
  if (rooms !== undefined) checkRooms(rooms);
  if (key !== undefined) checkKey(key);
  return { id, node, at, data: dataOf(wire), ...(rooms !== undefined && { rooms }), ...(key !== undefined && { key }) };
}

function wireData(data: RoomData): Pick<WireEnvelope, 'text' | 'binary' | 'value'> {
  if (typeof data === 'string') return { text: data };
  return Buffer.isBuffer(data) ? { binary: data.toString('base64') } : { value: data };
}

function parse(json: string): Record<string, unknown> {
  let wire: unknown;
  try {
    wire = JSON.parse(json);
  } catch (error) {
    throw new AdapterError(`A message at the broker is no JSON: ${describe(json)}`, {
      code: 'INVALID_MESSAGE',
      cause: error,
    });
  }
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire)) {
    throw invalid(`it must be an object, not ${describe(wire)}`);
  }
  return wire as Record<string, unknown>;
}

function dataOf({ text, binary, value }: Record<string, unknown>): RoomData {
  if (Number(text !== undefined) + Number(binary !== undefined) + Number(value !== undefined) !== 1) {
    throw invalid("it must have exactly one of 'text', 'binary' and 'value'");
  }
  if (text !== undefined) {
    if (typeof text === 'string') return text;
    throw invalid(`'text' must be a string, not ${describe(text)}`);
  }
  if (binary !== undefined) {
    if (typeof binary === 'string' && isBase64(binary)) return Buffer.from(binary, 'base64');
    throw invalid(`'binary' must be a string of base64, not ${describe(binary)}`);
  }
  if (typeof value === 'object' && value !== null) return value;
  throw invalid(`'value' must be an object or an array, not ${describe(value)}`);
}

/** Linear in the length; Buffer.from() would silently leave out what is none. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function checkId(name: string, value: unknown): void {
  if (typeof value === 'string' && value.length > 0 && value.length <= maxIdLength) return;
  throw invalid(`'${name}' must be a string of 1 to ${maxIdLength} characters, not ${describe(value)}`);
}

function checkRooms(rooms: unknown): asserts rooms is string[] {
  if (!Array.isArray(rooms) || rooms.length === 0)
    throw invalid(`'rooms' must be an array of names, not ${describe(rooms)}`);
  for (const room of rooms) {
    if (typeof room === 'string' && room.length > 0 && room.length <= maxRoomNameLength) continue;
    throw invalid(`'rooms' must have names of 1 to ${maxRoomNameLength} characters, not ${describe(room)}`);
  }
}

function checkKey(key: unknown): asserts key is string {
  if (typeof key === 'string' && key.length > 0 && key.length <= maxPublishKeyLength) return;
  throw invalid(`'key' must be a string of 1 to ${maxPublishKeyLength} characters, not ${describe(key)}`);
}

function invalid(words: string): AdapterError {
  return new AdapterError(`A message at the broker is not in the wire format: ${words}`, { code: 'INVALID_MESSAGE' });
}
