import { gap, type RoomRecord, type Said } from './room-record';

/** A room's log, as a client that came last has read it. */
export interface RoomLog {
  readonly room: string;
  readonly epoch: string;
  /** The oldest first. */
  readonly entries: readonly Said[];
}

/** What one client was answered. */
export interface Answered {
  readonly name: string;
  readonly records: ReadonlyMap<string, RoomRecord>;
  /** Keys that were answered with `sent`: room and offset. */
  readonly acknowledged: ReadonlyMap<string, { readonly room: string; readonly offset: number }>;
  /** Keys that have got no answer at all, by then. */
  readonly unanswered: readonly string[];
  readonly mistakes: readonly string[];
}

export interface Verdict {
  /** What is wrong, in sentences; empty when all is well. */
  readonly faults: readonly string[];
  readonly logged: number;
  readonly compared: number;
  readonly gaps: number;
  readonly acknowledged: number;
}

/** Compares what all clients have with what the logs have. */
export function judge(clients: readonly Answered[], logs: readonly RoomLog[]): Verdict {
  const faults: string[] = [];
  let compared = 0;
  let gaps = 0;
  let acknowledged = 0;
  const byRoom = new Map(logs.map((log) => [log.room, log]));
  const offsets = new Map(logs.map((log) => [log.room, offsetsByKey(log, faults)]));
  for (const log of logs) faults.push(...outOfOrder(log));
  for (const client of clients) {
    const fault = (what: string) => faults.push(`${client.name}: ${what}`);
    client.mistakes.forEach(fault);
    for (const [room, record] of client.records) {
      record.mistakes.forEach(fault);
      const log = byRoom.get(room);
      if (log === undefined) fault(`nobody has read the log of ${room}`);
      else compare(record, log).forEach(fault);
      compared += record.said.length;
      gaps += record.said.filter((one) => one === gap).length;
    }
    for (const [key, { room, offset }] of client.acknowledged) {
      acknowledged++;
      const logged = offsets.get(room)?.get(key);
      if (logged !== offset) fault(`${room}: ${key} was acknowledged at ${offset}, and the log has it at ${logged}`);
    }
    for (const key of client.unanswered) fault(`${key} was never answered`);
  }
  return { faults, logged: logs.reduce((sum, { entries }) => sum + entries.length, 0), compared, gaps, acknowledged };
}

function offsetsByKey({ room, entries }: RoomLog, faults: string[]): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const { key, offset, text } of entries) {
    if (key === undefined) faults.push(`the log of ${room} has '${text}' without its key`);
    else if (offsets.has(key)) faults.push(`the log of ${room} has '${text}' twice: ${offsets.get(key)} and ${offset}`);
    else offsets.set(key, offset);
  }
  return offsets;
}

/** Texts are `name#number`, and each client counts up in each room. */
function outOfOrder({ room, entries }: RoomLog): string[] {
  const last = new Map<string, number>();
  return entries.flatMap(({ text }) => {
    const [name = '', number] = text.split('#');
    const before = last.get(name) ?? 0;
    last.set(name, Math.max(before, Number(number)));
    return Number(number) > before ? [] : [`the log of ${room} has ${text} behind ${name}#${before}`];
  });
}

function compare({ start, said }: RoomRecord, log: RoomLog): string[] {
  const { room, entries } = log;
  if (start === null) return [`${room}: it never got a position`];
  let at = start.epoch === log.epoch ? firstBehind(entries, start.offset) : 0;
  let mayMiss = start.epoch !== log.epoch;
  for (const one of said) {
    if (one === gap) {
      mayMiss = true;
      continue;
    }
    // Of a life of the log that is over nobody can say any more what it was.
    if (one.epoch !== log.epoch) continue;
    const found = mayMiss ? entries.findIndex(({ offset }, index) => index >= at && offset === one.offset) : at;
    const entry = entries[found];
    if (entry === undefined || entry.offset !== one.offset || entry.key !== one.key || entry.text !== one.text) {
      return [`${room}: it has ${describe(one)} where the log has ${describe(entry)}`];
    }
    at = found + 1;
    mayMiss = false;
  }
  if (at < entries.length && !mayMiss) {
    return [`${room}: it ends before ${describe(entries[at])}, and ${entries.length - at} are missing`];
  }
  return [];
}

function firstBehind(entries: readonly Said[], offset: number): number {
  const index = entries.findIndex((entry) => entry.offset > offset);
  return index === -1 ? entries.length : index;
}

function describe(one: Said | undefined): string {
  return one === undefined ? 'nothing' : `'${one.text}' (${one.key}) at ${one.offset}`;
}
