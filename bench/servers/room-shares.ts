/**
 * Which rooms a connection of the rooms series is in: of BENCH_ROOMS rooms every BENCH_CONNECTIONS-th, so that each room has
 * one member.
 */

const rooms = Number(process.env.BENCH_ROOMS ?? 1);
const connections = Number(process.env.BENCH_CONNECTIONS ?? 1);

let opened = 0;

/** The rooms of the connection that has just been opened. */
export function nextShare(): string[] {
  const share: string[] = [];
  for (let room = opened++ % connections; room < rooms; room += connections) share.push(`room-${room}`);
  return share;
}

/** Goes round the rooms, one for each message. */
export function roundOf(share: readonly string[]): () => string {
  let next = 0;
  return () => {
    const room = share[next]!;
    next = next + 1 === share.length ? 0 : next + 1;
    return room;
  };
}
