import type { Position, Refusal, RequestId } from './requests';

/** Somebody in a room, as the others see them. */
export interface ChatMember {
  /** The server's, the same in every room and new with every connection. */
  readonly id: string;
  /** The member's own choice; two may have the same. */
  readonly name: string;
}

/** What was said, as it goes to the others in the room. */
export interface ChatMessage {
  readonly room: string;
  readonly from: ChatMember;
  readonly text: string;
  /** Its number in the room, counted from 1 in every life (epoch) of the room. */
  readonly offset: number;
  /** Milliseconds since 1970 by the server's clock. */
  readonly at: number;
}

/** What somebody who joins a room learns. */
export interface Joined {
  readonly room: string;
  readonly member: ChatMember;
  /** Who is in the room, the new one too; the longest there first, and not more than `maxMembersListed`. */
  readonly members: readonly ChatMember[];
  /** How many are in the room, listed or not. */
  readonly count: number;
  readonly position: Position;
  /** What was said since the position that the client named. */
  readonly missed: readonly ChatMessage[];
  /** True when `missed` may lack something. */
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
  return `{"type":"message","room":${JSON.stringify(room)},"from":${JSON.stringify(from)},"text":`;
}

export function messageAnswer(head: string, text: string, offset: number, at: number): string {
  return `${head}${JSON.stringify(text)},"offset":${offset},"at":${at}}`;
}

export function sentAnswer(id: RequestId | undefined, room: string, offset: number, at: number): string {
  const which = id === undefined ? '' : `"id":${JSON.stringify(id)},`;
  return `{"type":"sent",${which}"room":${JSON.stringify(room)},"offset":${offset},"at":${at}}`;
}

export function presenceAnswer(room: string, joins: readonly ChatMember[], leaves: readonly ChatMember[]): string {
  return JSON.stringify({ type: 'presence', room, joins, leaves });
}

export function errorAnswer(refusal: Refusal): string {
  const { code, message, request } = refusal;
  return JSON.stringify({ type: 'error', code, message, request });
}
