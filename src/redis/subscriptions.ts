import { InvalidStateError } from '../protocol/errors';
import type { RedisCommands, RedisSubscriber, SubscriberEvents } from './commands';

/** Channels of one SUBSCRIBE. */
const channelsAtOnce = 1000;

/** After so many attempts in vain a connection is thrown away, and another one made: it may hang where nobody answers. */
const attempts = 3;

/** The subscriptions of an adapter: those that are wished for, and what the broker knows of them. */
export class Subscriptions {
  readonly #commands: RedisCommands;
  readonly #events: Omit<SubscriberEvents, 'message'>;
  /** What is wished for. */
  readonly #receivers = new Map<string, (message: string) => void>();
  /** What the broker has confirmed to this subscriber. */
  #confirmed = new Set<string>();
  /** What happens to a channel last: the next change of it waits for that. */
  #turns = new Map<string, Promise<void>>();
  #subscriber: RedisSubscriber | undefined;
  #attempts = 0;
  #isClosed = false;
  /** A connection that is made just now is no news: it is proved by what comes next. */
  #isAwaited = false;

  constructor(commands: RedisCommands, events: Omit<SubscriberEvents, 'message'>) {
    this.#commands = commands;
    this.#events = events;
  }

  /** The receiver stays, also when this rejects: `ensure` tries again. */
  add(channel: string, receiver: (message: string) => void): Promise<void> {
    this.#receivers.set(channel, receiver);
    return this.#settle(channel);
  }

  remove(channel: string): Promise<void> {
    this.#receivers.delete(channel);
    return this.#settle(channel);
  }

  /** Makes sure that there is a connection, with all subscriptions. */
  async ensure(): Promise<void> {
    // A probe may have been under way when the adapter was closed: nobody would close what is made for it.
    if (this.#isClosed) throw new InvalidStateError('The adapter is closed');
    if (++this.#attempts > attempts) this.#throwAway();
    const subscriber = this.#open();
    this.#isAwaited = true;
    await subscriber.connect().finally(() => {
      this.#isAwaited = false;
    });
    if (!subscriber.isReady) throw new Error('there is no connection for subscriptions');
    const missing = [...this.#receivers.keys()].filter((channel) => !this.#confirmed.has(channel));
    for (let start = 0; start < missing.length; start += channelsAtOnce) {
      const channels = missing.slice(start, start + channelsAtOnce);
      await subscriber.subscribe(channels);
      if (subscriber === this.#subscriber) for (const channel of channels) this.#confirmed.add(channel);
    }
    const surplus = [...this.#confirmed].filter((channel) => !this.#receivers.has(channel));
    await Promise.all(surplus.map((channel) => this.#settle(channel)));
  }

  /** What was published came: the connection is good. */
  proved(): void {
    this.#attempts = 0;
  }

  /** No connection is made any more. */
  close(): void {
    this.#isClosed = true;
    this.#throwAway();
  }

  #throwAway(): void {
    this.#subscriber?.close();
    this.#subscriber = undefined;
    this.#confirmed = new Set();
    this.#turns = new Map();
    this.#attempts = 0;
  }

  #open(): RedisSubscriber {
    this.#subscriber ??= this.#commands.subscriber({
      lost: this.#events.lost,
      ready: () => {
        if (!this.#isAwaited) this.#events.ready();
      },
      message: (channel, message) => this.#receivers.get(channel)?.(message),
    });
    return this.#subscriber;
  }

  /** Makes the broker know what is wished of a channel. */
  #settle(channel: string): Promise<void> {
    const turns = this.#turns;
    const before = turns.get(channel);
    const turn =
      before === undefined ? this.#change(channel) : before.then(noop, noop).then(() => this.#change(channel));
    turns.set(channel, turn);
    const done = (): void => {
      if (turns.get(channel) === turn) turns.delete(channel);
    };
    turn.then(done, done);
    return turn;
  }

  async #change(channel: string): Promise<void> {
    const wished = this.#receivers.has(channel);
    const subscriber = this.#subscriber;
    const confirmed = this.#confirmed;
    if (wished === confirmed.has(channel)) return;
    if (!subscriber?.isReady) throw new Error('there is no connection for subscriptions');
    if (wished) {
      await subscriber.subscribe([channel]);
      confirmed.add(channel);
    } else {
      await subscriber.unsubscribe([channel]);
      confirmed.delete(channel);
    }
  }
}

function noop(): void {}
