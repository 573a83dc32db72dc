import type { Hub } from '../../src/rooms/hub';
import { FakeMember } from './fake-member';

const upkeep = 128;

/** What a text of this length counts while it waits. */
export function sizeOf(length: number): number {
  return length + (length < 126 ? 2 : 4) + upkeep;
}

/** A member of a hub that is slow, and has as much place as so many texts of ten characters need. */
export function slowMember(hub: Hub, rooms: string[], texts: number): FakeMember {
  const member = new FakeMember();
  for (const room of rooms) hub.join(member.asConnection, room);
  member.isSlow = true;
  member.spare = texts * sizeOf(10);
  return member;
}

/** Publishes texts of ten characters. */
export function publish(hub: Hub, room: string, ...texts: string[]): void {
  for (const text of texts) hub.to(room).publish(text.padEnd(10));
}

export function textsOf(member: FakeMember): string[] {
  return member.texts.map((text) => text.trim());
}
