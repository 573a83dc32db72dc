import { InvalidOptionError } from '../protocol/errors';
import { refuseUnknownOptions } from '../protocol/options';
import type { Adapter } from '../rooms/adapter';
import { payloadOf } from '../rooms/payload';
import { publishTo } from '../rooms/published';
import { checkRoomName } from '../rooms/room-name';
import { SharedRooms } from '../rooms/shared-rooms';
import {
  resolveSharedRoomsOptions,
  type SharedRoomsOptions,
  sharedRoomsOptionNames,
} from '../rooms/shared-rooms-options';
import { type Announced, announce, type SayOptions } from './announcement';

/** Options of `publisher()`. `name` and `history` must be those of the rooms that it publishes to. */
export type PublisherOptions = Omit<SharedRoomsOptions, 'adapter' | 'presenceTtl'>;

/**
 * Publishes to rooms of other processes, without a server: for workers and cron jobs.
 *
 * @example
 * const news = publisher(redisAdapter(client), { name: 'support', history: 100 });
 * await news.say('general', 'The nightly report is ready', { from: 'Reports' });
 * await news.close();
 *
 * @throws InvalidOptionError for what is no adapter, or an option that cannot be
 */
export function publisher(adapter: Adapter, options: PublisherOptions = {}): Publisher {
  refuseUnknownOptions('publisher()', options, publisherOptionNames);
  if (adapter === undefined) {
    throw new InvalidOptionError(
      'publisher() needs an adapter, as redisAdapter(client) or natsAdapter(connection) make one',
    );
  }
  return new Publisher({ ...options, adapter });
}

const publisherOptionNames = sharedRoomsOptionNames.filter((name) => name !== 'adapter' && name !== 'presenceTtl');

/** What `publisher()` returns. */
export class Publisher {
  readonly #shared: SharedRooms;

  /** @internal */
  constructor(options: SharedRoomsOptions) {
    this.#shared = new SharedRooms(resolveSharedRoomsOptions(options, 'hub'));
  }

  /**
   * What to publish to: the members of these rooms, wherever they are.
   *
   * @throws InvalidOptionError for no room at all, or what is no room name
   */
  to(...rooms: string[]): { publish(data: unknown): Promise<void> } {
    if (rooms.length === 0) throw new InvalidOptionError('to() needs the name of at least one room');
    for (const room of rooms) checkRoomName(room);
    return { publish: (data) => this.#publish(rooms, data) };
  }

  /**
   * Says something in a room of `rooms()` or of a ChatServer: it is a message as those of members, and kept as they are.
   *
   * @param content a text, or the data of a message where the rooms have a schema for it
   * @returns where it stands in the room's log. Rejects with an AdapterError when the broker has not taken it in time
   * @throws InvalidOptionError for what is no room name, or cannot be said
   */
  say(room: string, content: unknown, options: SayOptions = {}): Promise<Announced> {
    checkRoomName(room);
    return announce(this.#shared, room, content, options).said;
  }

  /** Gives up what has not gone out, whose promises reject. The adapter stays open: it is the caller's. */
  close(): Promise<void> {
    return this.#shared.close();
  }

  /** @returns resolves when the logs of all rooms have it, or rejects with the first AdapterError */
  async #publish(rooms: readonly string[], data: unknown): Promise<void> {
    const payload = payloadOf(data);
    let missing = rooms.length;
    await new Promise<void>((resolve, reject) => {
      publishTo(this.#shared, { rooms, payload }, (error) => {
        missing--;
        if (error !== undefined) reject(error);
        else if (missing === 0) resolve();
      });
    });
  }
}
