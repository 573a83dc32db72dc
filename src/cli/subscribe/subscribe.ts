import { usageFailure } from '../failure';
import type { SubscribeFlags } from './command';

/** `switchboard subscribe`. */
export async function subscribe(url: string, flags: SubscribeFlags): Promise<void> {
  if (flags.room !== undefined) {
    const { followRoom } = await import('./follow-room.js');
    await followRoom(url, flags.room, flags);
    return;
  }
  if (flags.name !== undefined) throw usageFailure('--name is for a room: give --room as well.');
  const { follow } = await import('./follow.js');
  await follow(url, flags);
}
