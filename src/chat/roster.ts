import type { ChatMember } from './answers';

/** Who came and who left, as the others are told. Who takes another name leaves with the old one and joins with the new one. */
export interface RosterChange {
  readonly joins: readonly ChatMember[];
  readonly leaves: readonly ChatMember[];
}

/** A connection and the member that it makes present. */
export interface Attendance {
  readonly connection: string;
  readonly member: ChatMember;
}

interface Row {
  member: ChatMember;
  connections: number;
}

/** Who is in a room, on all nodes: a member with several connections is one member. */
export class Roster {
  readonly #members = new Map<string, Row>();
  /** The id of the member, by connection. */
  readonly #connections = new Map<string, string>();

  /** How many members. */
  get size(): number {
    return this.#members.size;
  }

  /** What the member is called, if it is there. */
  nameOf(id: string): string | undefined {
    return this.#members.get(id)?.member.name;
  }

  /** Who is in it, the longest there first; at most `limit`. */
  list(limit: number): ChatMember[] {
    const members: ChatMember[] = [];
    for (const { member, connections } of this.#members.values()) {
      if (members.length >= limit) break;
      members.push(connections === 1 ? member : { ...member, connections });
    }
    return members;
  }

  change(joins: readonly Attendance[], leaves: readonly string[]): RosterChange {
    const change: { joins: ChatMember[]; leaves: ChatMember[] } = { joins: [], leaves: [] };
    for (const { connection, member } of joins) {
      const row = this.#members.get(member.id);
      if (!this.#connections.has(connection)) {
        this.#connections.set(connection, member.id);
        if (row !== undefined) row.connections++;
      }
      if (row === undefined) {
        this.#members.set(member.id, { member, connections: 1 });
        change.joins.push(member);
      } else if (row.member.name !== member.name) {
        change.leaves.push(row.member);
        change.joins.push(member);
        row.member = member;
      }
    }
    for (const connection of leaves) {
      const id = this.#connections.get(connection);
      const row = id === undefined ? undefined : this.#members.get(id);
      if (row === undefined) continue;
      this.#connections.delete(connection);
      row.connections--;
      if (row.connections > 0) continue;
      this.#members.delete(row.member.id);
      change.leaves.push(row.member);
    }
    return change;
  }
}
