import type { Position } from '../rooms/adapter';
import type { Refusal, RequestId } from './requests';
import type { RosterChange } from './roster';

/** Somebody in a room, as the others see them. */
export interface ChatMember {
  /** What `identify` says, or else the server's own: the same in every room, and new with every connection. */
  readonly id: string;
  /** The member's own choice; two may have the same. */
  readonly name: string;
  /** In lists, of a member who has several: how many connections. */
  readonly connections?: number;
}

/** What somebody says: a text, or data where the rooms have a schema for it. */
export interface ChatContent<Data = unknown> {
  readonly text?: string;
  readonly data?: Data;
}

/** What was said, as it goes to the others in the room. */
export interface ChatMessage<Data = unknown> extends ChatContent<Data> {
  readonly room: string;
  readonly from: ChatMember;
  /** Its place in the room's log; grows with each message. Null for one that was said while the broker is away. */
  readonly offset: number | null;
  /** Milliseconds since 1970 by the clock of the server that took it. */
  readonly at: number;
  /** The name that its sender gave it; with an adapter every message has one. */
  readonly key?: string;
}

/** What somebody who joins a room learns. */
export interface Joined {
  readonly room: string;
  readonly member: ChatMember;
  /** Who is in the room, the new one too; the longest there first, and not more than `maxMembersListed`. */
  readonly members: readonly ChatMember[];
  /** How many are in the room, listed or not. */
  readonly count: number;
  /** Null while the broker is away; a `position` follows. */
  readonly position: Position | null;
  /** What was said since the position that the client named. */
  readonly missed: readonly ChatMessage[];
  /** True when `missed` may lack something. */
  readonly gap: boolean;
}

/** A part of what was said in a room. */
export interface ChatHistory<Data = unknown> {
  /** The oldest first. */
  readonly messages: readonly ChatMessage<Data>[];
  /** Where the room's log stood when it was read. */
  readonly position: Position;
  /** There are older ones. */
  readonly more: boolean;
  /** Something behind the position that was named may be missing. */
  readonly gap: boolean;
}

// The answers are written rather than serialised from objects where they are frequent: the parts that stay the same from
// message to message are joined to the text once.

export function joinedAnswer(id: RequestId | undefined, joined: Joined): string {
  return JSON.stringify({ type: 'joined', id, ...joined });
}

export function leftAnswer(id: RequestId | undefined, room: string): string {
  return JSON.stringify({ type: 'left', id, room });
}

/** The part of a member's messages to a room that is the same in all of them: the head that `messageAnswer` continues. */
export function messageHead(room: string, from: ChatMember): string {
  return `{"type":"message","room":${JSON.stringify(room)},"from":${JSON.stringify(from)},`;
}

export function messageAnswer(
  head: string,
  content: ChatContent,
  offset: number | null,
  at: number,
  key: string | undefined,
): string {
  const { text } = content;
  const said = text === undefined ? `"data":${JSON.stringify(content.data)}` : `"text":${JSON.stringify(text)}`;
  return `${head}${said},"offset":${offset},"at":${at}${keyField(key)}}`;
}

export function sentAnswer(
  id: RequestId | undefined,
  room: string,
  offset: number,
  at: number,
  key: string | undefined,
): string {
  const which = id === undefined ? '' : `"id":${JSON.stringify(id)},`;
  return `{"type":"sent",${which}"room":${JSON.stringify(room)},"offset":${offset},"at":${at}${keyField(key)}}`;
}

export function placedAnswer(room: string, key: string, offset: number, at: number): string {
  return JSON.stringify({ type: 'placed', room, key, offset, at });
}

export function pongAnswer(id: RequestId | undefined): string {
  return JSON.stringify({ type: 'pong', id });
}

/** @param position null where it stays what it was: messages that would come next were dropped */
export function positionAnswer(room: string, position: Position | null, gap: boolean): string {
  return JSON.stringify({ type: 'position', room, position, gap });
}

export function historyAnswer(id: RequestId | undefined, room: string, page: ChatHistory): string {
  return JSON.stringify({ type: 'history', id, room, ...page });
}

export function presenceAnswer(room: string, { joins, leaves }: RosterChange, count: number): string {
  return JSON.stringify({ type: 'presence', room, joins, leaves, count });
}

/** Letters of a key need no escape. */
function keyField(key: string | undefined): string {
  return key === undefined ? '' : `,"key":"${key}"`;
}

export function errorAnswer(refusal: Refusal): string {
  const { code, message, retryAfter, request } = refusal;
  return JSON.stringify({ type: 'error', code, message, retryAfter, request });
}
