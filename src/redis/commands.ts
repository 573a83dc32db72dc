import type { Script } from './scripts';

/** What the adapter asks of a client, whichever it is, of one server or of a cluster. */
export interface RedisCommands {
  /** Why nothing can be asked now: what a client cannot send it would keep, and send when nobody waits for it any more. */
  readonly obstacle: string | undefined;
  /** The keys are of one slot. */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Several servers have parts of the keys. */
  readonly isCluster: boolean;
  /** A connection of its own for what is published anywhere. */
  subscriber(events: SubscriberEvents): RedisSubscriber;
}

export interface SubscriberEvents {
  message(channel: string, message: string): void;
  /** It has a connection, perhaps another one than before. */
  ready(): void;
  lost(error: Error): void;
}

/** A connection for subscriptions. It connects again by itself, and then has the same subscriptions. */
export interface RedisSubscriber {
  readonly isReady: boolean;
  /** Connects, unless it does so already; may also reject, or never settle, while nobody is there. */
  connect(): Promise<void>;
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channels: readonly string[]): Promise<void>;
  /** At once; nothing is heard of it any more. */
  close(): void;
}

/** Servers forget scripts when they are started again. */
export async function runScript(byName: () => Promise<unknown>, bySource: () => Promise<unknown>): Promise<unknown> {
  try {
    return await byName();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return bySource();
    throw error;
  }
}
