/**
 * What the servers of the many rooms have in common. It obeys further lines on stdin:
 *
 * - `join N` joins N rooms, one after the other on each connection, so that each room has one member, and is answered with
 *   the seconds that it took, on the clock and of the processor: `{"seconds":0.1,"cpu":0.1}`.
 * - `leave` leaves them all, and is answered alike.
 * - `memory` collects garbage, and is answered with what is left: `{"bytes":12345678}`.
 */

import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Joining<Socket> {
  join(socket: Socket, room: string): unknown;
  leave(socket: Socket, room: string): unknown;
  /** Done when so many rooms, and no others, are there for a broker too. @default at once */
  settled?(rooms: number): Promise<void>;
}

/** Rooms that are joined or left in one turn of the event loop: a server does other things, too. */
const AT_ONCE = 1_000;

/** @param sockets the open connections; more may be added to it */
export function obeyJoining<Socket>(sockets: readonly Socket[], { join, leave, settled }: Joining<Socket>): void {
  let count = 0;
  let times = 0;

  async function timed(each: Joining<Socket>['join'], rooms: number): Promise<object> {
    // Rooms that nobody has been in before. Names are made anew, so that only who keeps them pays for them.
    const all = Array.from({ length: count }, (_, i) => [sockets[i % sockets.length]!, `room-${times}-${i}`] as const);
    const cpu = process.cpuUsage();
    const began = performance.now();
    for (let first = 0; first < all.length; first += AT_ONCE) {
      for (const [socket, room] of all.slice(first, first + AT_ONCE)) each(socket, room);
      await nextTurn();
    }
    await settled?.(rooms);
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpu: (user + system) / 1e6 };
  }

  const commands: Readonly<Record<string, (rooms: number) => object | Promise<object>>> = {
    join(rooms) {
      count = rooms;
      times++;
      return timed(join, rooms);
    },
    leave: () => timed(leave, 0),
    memory() {
      globalThis.gc?.();
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      return { bytes: heapUsed + external };
    },
  };

  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [command = '', rooms] = line.split(' ');
    const answer = await commands[command]?.(Number(rooms));
    if (answer !== undefined) console.log(JSON.stringify(answer));
  });
}
