import { handled } from '../connection/handled';
import { type AdapterError, InvalidOptionError } from '../protocol/errors';
import { checkFunction, describe, refuseUnknownOptions } from '../protocol/options';
import type { Adapter } from '../rooms/adapter';
import { HubErrors } from '../rooms/hub-errors';
import { payloadOf } from '../rooms/payload';
import { Publication, type Publish } from '../rooms/publication';
import { publishTo } from '../rooms/published';
import { checkRoomNames } from '../rooms/room-name';
import { SharedRooms } from '../rooms/shared-rooms';
import {
  resolveSharedRoomsOptions,
  type SharedRoomsOptions,
  sharedRoomsOptionNames,
} from '../rooms/shared-rooms-options';
import { type Announced, announce, type SayOptions } from './announcement';

/** Options of `publisher()`. */
export interface PublisherOptions extends Omit<SharedRoomsOptions, 'adapter' | 'presenceTtl'> {
  /** That of the rooms that it publishes to. */
  name: string;
  /** As the rooms have it that it publishes to, false where they keep none: a log is trimmed by whoever publishes. */
  history: NonNullable<SharedRoomsOptions['history']>;
}

/**
 * Publishes to rooms of other processes, without a server: for workers and cron jobs.
 *
 * @example
 * const news = publisher(redisAdapter(client), { name: 'support', history: 100 });
 * await news.say('general', 'The nightly report is ready', { from: 'Reports' });
 * await news.close();
 *
 * @throws InvalidOptionError for what is no adapter, or an option that is missing, unknown or wrong
 */
export function publisher(adapter: Adapter, options: PublisherOptions): Publisher {
  if (typeof (adapter as Partial<Adapter> | null | undefined)?.open !== 'function') {
    const what = 'an adapter, as redisAdapter(client) or natsAdapter(connection) make one';
    throw new InvalidOptionError(`publisher() needs ${what}, not ${describe(adapter)}`);
  }
  refuseUnknownOptions('publisher()', options ?? {}, publisherOptionNames);
  for (const name of ['name', 'history'] as const) {
    if (options?.[name] !== undefined) continue;
    throw new InvalidOptionError(`publisher() needs the option '${name}': that of the rooms that it publishes to`);
  }
  return new Publisher({ ...options, adapter });
}

const publisherOptionNames = sharedRoomsOptionNames.filter((name) => name !== 'adapter' && name !== 'presenceTtl');

/** What `publisher()` returns. */
export class Publisher {
  readonly #shared: SharedRooms;
  readonly #errors = new HubErrors();
  /** What is on its way. */
  readonly #underWay = new Set<Promise<unknown>>();

  /** @internal */
  constructor(options: SharedRoomsOptions) {
    this.#shared = new SharedRooms(resolveSharedRoomsOptions(options, 'hub'));
  }

  /**
   * What to publish to: the members of these rooms, wherever they are. In rooms of `rooms()` what is published goes out as
   * it is, and takes a place among what is kept: `say()` is what belongs there.
   *
   * @throws InvalidOptionError for no room at all, or what is no room name
   */
  to(...rooms: string[]): Pick<Publication, 'publish' | 'confirm'> {
    return new Publication(this.#publish, checkRoomNames('to()', rooms), []);
  }

  /**
   * Says something in a room of `rooms()` or of a ChatServer: it is a message as those of members, and kept as they are.
   *
   * @param content a text, or the data of a message where the rooms have a schema for it; it is not validated
   * @returns where it stands in the room's log. Rejects with an AdapterError when the broker has not taken it in time
   * @throws InvalidOptionError for what is no room name, or cannot be said
   */
  say(room: string, content: unknown, options: SayOptions = {}): Promise<Announced> {
    checkRoomNames('say()', [room]);
    return this.#follow(announce(this.#shared, room, content, options).said);
  }

  /** Hears what `publish()` could not bring to the broker; without a listener the console does. */
  on(event: 'error', listener: (error: AdapterError) => void): this {
    if (event !== 'error') throw new InvalidOptionError(`A publisher has the event 'error', not ${describe(event)}`);
    checkFunction('listener', listener);
    this.#errors.listeners.add(listener);
    return this;
  }

  /** Waits until everything has gone out, or was given up, which is after `publishTimeout`. The adapter stays open: it is the caller's. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#shared.close();
  }

  readonly #publish: Publish = (rooms, _except, data, key, settled) => {
    const payload = payloadOf(data);
    let missing = rooms.length;
    const settle = settled ?? this.#settled;
    const isOver = new Promise<void>((resolve) => {
      publishTo(this.#shared, { rooms, payload, key }, (error) => {
        settle(error);
        missing--;
        if (missing === 0) resolve();
      });
    });
    void this.#follow(isOver);
  };

  readonly #settled = (error?: AdapterError): void => {
    if (error !== undefined) this.#errors.report(error);
  };

  #follow<Value>(promise: Promise<Value>): Promise<Value> {
    this.#underWay.add(promise);
    const isOver = () => void this.#underWay.delete(promise);
    promise.then(isOver, isOver);
    return handled(promise);
  }
}
