import type { Position } from '../rooms/adapter';
import { maxRoomNameLength } from '../rooms/room-name';
import { isTooDeep, maxDepth } from './plain-data';

/** Control characters, line separators, and the marks that turn the direction of the text around them. */
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** What a client of the chat protocol asks for. */
export type ChatRequest = JoinRequest | LeaveRequest | MessageRequest | HistoryRequest | PingRequest;

export interface JoinRequest {
  readonly type: 'join';
  readonly room: string;
  readonly name: string | undefined;
  /** The position that the client has seen last; what came after it is what it missed. */
  readonly since: Position | undefined;
  readonly id: RequestId | undefined;
}

export interface LeaveRequest {
  readonly type: 'leave';
  readonly room: string | undefined;
  readonly id: RequestId | undefined;
}

export interface MessageRequest {
  readonly type: 'message';
  readonly room: string | undefined;
  /** What it says: a text, or data where the rooms have a schema for it. */
  readonly text: string | undefined;
  readonly data: unknown;
  /** The client's own name of the message: said again with the same, it is said once. */
  readonly key: string | undefined;
  readonly id: RequestId | undefined;
}

export interface HistoryRequest {
  readonly type: 'history';
  readonly room: string | undefined;
  readonly since: Position | undefined;
  readonly before: Position | undefined;
  readonly limit: number | undefined;
  readonly id: RequestId | undefined;
}

/** Asks whether anybody is there, as pages cannot by WebSocket's own pings. */
export interface PingRequest {
  readonly type: 'ping';
  readonly room: undefined;
  readonly id: RequestId | undefined;
}

/** The client's own name for a request, given back in its answer. */
export type RequestId = string | number;

/** Stable, for programs; the message beside it is for people. */
export type ChatErrorCode =
  | 'invalid-json'
  | 'invalid-request'
  | 'unknown-type'
  | 'invalid-id'
  | 'invalid-room'
  | 'invalid-name'
  | 'invalid-text'
  | 'invalid-data'
  | 'invalid-key'
  | 'invalid-since'
  | 'invalid-before'
  | 'invalid-limit'
  | 'not-joined'
  | 'too-many-rooms'
  | 'forbidden'
  | 'rate-limited'
  | 'unavailable'
  | 'unsupported';

/** Which request an error answers: what of it was usable. */
export interface RequestEcho {
  readonly type?: string;
  readonly id?: RequestId;
  readonly room?: string;
  readonly key?: string;
}

/** A request that is answered with `error`. A value, not an exception: bad input is ordinary here. */
export class Refusal {
  constructor(
    readonly code: ChatErrorCode,
    readonly message: string,
    /** Undefined where nothing of the request was usable. */
    readonly request: RequestEcho | undefined,
    /** Seconds after which it may be asked again, where that is known. */
    readonly retryAfter?: number,
  ) {}
}

/** The limits that parsing needs, in UTF-16 code units. */
export interface RequestLimits {
  readonly maxTextLength: number;
  readonly maxNameLength: number;
}

/** Long enough for a UUID in any notation; an id is kept by nobody, but it is sent back. */
const maxIdLength = 64;
const maxEpochLength = 64;

/** The key of a message: letters that need no escape anywhere; long enough not to be guessed. */
const keyPattern = /^[A-Za-z0-9_-]{8,64}$/;

/** Turns one message of the connection into a request, or into the error that answers it. */
export function parseRequest(data: string | Buffer, limits: RequestLimits): ChatRequest | Refusal {
  if (typeof data !== 'string') {
    return new Refusal('invalid-request', 'The chat protocol is JSON in text messages; this one was binary', undefined);
  }
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return new Refusal('invalid-json', `This is not JSON: ${shown(data)}`, undefined);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Refusal('invalid-request', `A request must be a JSON object with a type, not ${kind(value)}`, undefined);
  }
  return readRequest(value as Fields, limits);
}

/** Only own properties of parsed JSON are read, each once, and each as what it may be: anything. */
interface Fields {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly room?: unknown;
  readonly name?: unknown;
  readonly text?: unknown;
  readonly data?: unknown;
  readonly key?: unknown;
  readonly since?: unknown;
  readonly before?: unknown;
  readonly limit?: unknown;
}

function readRequest(fields: Fields, limits: RequestLimits): ChatRequest | Refusal {
  const { type, since } = fields;
  // A field that is null is a field that is not there: serialisers of many languages write it so.
  const id = fields.id ?? undefined;
  const room = fields.room ?? undefined;
  if (typeof type !== 'string') {
    const found = type === undefined ? 'has none' : `has ${kind(type)}`;
    return new Refusal('invalid-request', `A request needs a type that is a string; this one ${found}`, undefined);
  }
  const idFault = faultOfId(id);
  if (idFault !== undefined) return new Refusal('invalid-id', idFault, echo(type, undefined, room));
  const requestId = id as RequestId | undefined;
  const refuse = (code: ChatErrorCode, message: string) => new Refusal(code, message, echo(type, requestId, room));

  switch (type) {
    case 'message': {
      const fault = room === undefined ? undefined : faultOfRoom(room);
      if (fault !== undefined) return refuse('invalid-room', fault);
      const text = fields.text ?? undefined;
      // Data that is null is data: whether it may be is for the schema to say.
      const isData = text === undefined && fields.data !== undefined;
      const textFault = isData ? undefined : faultOfText(text, limits.maxTextLength);
      if (textFault !== undefined) return refuse('invalid-text', textFault);
      if (isData && isTooDeep(fields.data)) {
        const words = `The data of a message has at most ${maxDepth} arrays and objects in each other; this one has more`;
        return refuse('invalid-data', words);
      }
      const key = fields.key ?? undefined;
      if (key !== undefined && !(typeof key === 'string' && keyPattern.test(key))) {
        return refuse('invalid-key', 'A key must be a string of 8 to 64 of the characters A-Z, a-z, 0-9, _ and -');
      }
      const common = { type, room: room as string | undefined, key, id: requestId };
      return { ...common, text: text as string | undefined, data: fields.data };
    }
    case 'join': {
      const fault = faultOfRoom(room);
      if (fault !== undefined) return refuse('invalid-room', fault);
      const name = typeof fields.name === 'string' ? fields.name.trim() : (fields.name ?? undefined);
      const nameFault = name === undefined ? undefined : faultOfName(name, limits.maxNameLength);
      if (nameFault !== undefined) return refuse('invalid-name', nameFault);
      const sinceFault = faultOfSince(since);
      if (sinceFault !== undefined) return refuse('invalid-since', sinceFault);
      return { type, room: room as string, name: name as string | undefined, since: positionOf(since), id: requestId };
    }
    case 'leave': {
      const fault = room === undefined ? undefined : faultOfRoom(room);
      if (fault !== undefined) return refuse('invalid-room', fault);
      return { type, room: room as string | undefined, id: requestId };
    }
    case 'history': {
      const fault = room === undefined ? undefined : faultOfRoom(room);
      if (fault !== undefined) return refuse('invalid-room', fault);
      const sinceFault = faultOfSince(since);
      if (sinceFault !== undefined) return refuse('invalid-since', sinceFault);
      const { before } = fields;
      if (faultOfSince(before) !== undefined) {
        return refuse('invalid-before', `before must be a position: ${shapeOfPosition}`);
      }
      const limit = fields.limit ?? undefined;
      if (limit !== undefined && !(Number.isSafeInteger(limit) && (limit as number) > 0)) {
        return refuse('invalid-limit', 'limit must be a whole number of at least 1: how many messages at most');
      }
      if (isGiven(since) && (isGiven(before) || limit !== undefined)) {
        return refuse('invalid-since', 'since asks for everything behind a position: it has neither before nor limit');
      }
      const from = { since: positionOf(since), before: positionOf(before), limit: limit as number | undefined };
      return { type, room: room as string | undefined, ...from, id: requestId };
    }
    case 'ping':
      return { type, room: undefined, id: requestId };
    default:
      return refuse('unknown-type', `Unknown type ${shown(type)}; known are join, leave, message, history and ping`);
  }
}

/** What is wrong with a room's name in the chat protocol, in words; undefined where nothing is. */
export function faultOfRoom(room: unknown): string | undefined {
  if (room === undefined) return 'This request needs a room, the name of one';
  if (typeof room !== 'string') return `A room must be named by a string, not ${kind(room)}`;
  if (room.length === 0) return 'The name of a room must not be empty';
  if (room.length > maxRoomNameLength) {
    return `The name of a room has at most ${maxRoomNameLength} characters; this one has ${room.length}`;
  }
  if (unprintable.test(room)) return 'The name of a room must not contain control characters';
  return undefined;
}

/** What is wrong with a member's name, which is trimmed already. */
export function faultOfName(name: unknown, maxLength: number): string | undefined {
  if (typeof name !== 'string') return `A name must be a string, not ${kind(name)}`;
  if (name.length === 0) return 'A name must not be empty';
  if (name.length > maxLength) return `A name has at most ${maxLength} characters; this one has ${name.length}`;
  if (unprintable.test(name)) return 'A name must not contain control characters';
  return undefined;
}

function faultOfText(text: unknown, maxLength: number): string | undefined {
  if (text === undefined) return 'A message needs a text';
  if (typeof text !== 'string') return `The text of a message must be a string, not ${kind(text)}`;
  if (text.length === 0) return 'The text of a message must not be empty';
  if (text.length > maxLength) {
    return `The text of a message has at most ${maxLength} characters; this one has ${text.length}`;
  }
  return undefined;
}

function faultOfId(id: unknown): string | undefined {
  if (id === undefined || Number.isFinite(id)) return undefined;
  // JSON can write numbers that are too large to be one.
  if (typeof id === 'number') return 'An id that is a number must be a finite one';
  if (typeof id !== 'string') return `An id must be a string or a number, not ${kind(id)}`;
  if (id.length > maxIdLength) return `An id has at most ${maxIdLength} characters; this one has ${id.length}`;
  return undefined;
}

const shapeOfPosition = "{ epoch: a string, offset: a whole number }, as 'joined' gave it";

function isGiven(field: unknown): boolean {
  return field !== undefined && field !== null;
}

function faultOfSince(since: unknown): string | undefined {
  if (!isGiven(since)) return undefined;
  if (typeof since === 'object' && !Array.isArray(since)) {
    const { epoch, offset } = since as { epoch?: unknown; offset?: unknown };
    const knowsEpoch = typeof epoch === 'string' && epoch.length <= maxEpochLength;
    if (knowsEpoch && Number.isSafeInteger(offset) && (offset as number) >= 0) return undefined;
  }
  return `since must be a position: ${shapeOfPosition}`;
}

function positionOf(given: unknown): Position | undefined {
  if (!isGiven(given)) return undefined;
  const { epoch, offset } = given as Position;
  return { epoch, offset };
}

/** What an error says about a request that was read. */
export function echoOf(request: ChatRequest): RequestEcho {
  const { type, id, room } = request;
  const key = request.type === 'message' ? request.key : undefined;
  return { ...echo(type, id, room), ...(key !== undefined && { key }) };
}

function echo(type: string, id: RequestId | undefined, room: unknown): RequestEcho {
  return {
    type: type.length <= maxShown ? type : `${type.slice(0, maxShown)}…`,
    ...(id !== undefined && { id }),
    ...(typeof room === 'string' && room.length <= maxRoomNameLength && { room }),
  };
}

/** As much of a peer's text as an answer repeats. */
const maxShown = 40;

function shown(text: string): string {
  return JSON.stringify(text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`);
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
