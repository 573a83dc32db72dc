import type { WebSocketConnection } from '../connection/websocket-connection';
import { type AdapterError, InvalidOptionError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';

export interface PublishOptions {
  /**
   * What the message is about, 1 to 256 characters: in rooms whose slow consumers are `'coalesce'`d it takes the place of an
   * earlier message with this key that still waits for a slow member. It goes to the end of what waits: everything that a
   * member gets, it gets in the order of publication. Other policies pass over it.
   */
  key?: string;
}

/**
 * @param settled hears of each room whether its log has it, or the error
 * @internal
 */
export type Publish = (
  rooms: readonly string[],
  except: readonly WebSocketConnection[],
  data: unknown,
  key: string | undefined,
  settled?: (error?: AdapterError) => void,
) => void;

/** The longest key of a message, in characters. */
export const maxPublishKeyLength = 256;

/** Where a publish of a hub goes. It can be kept, and used again: `except` makes another one. */
export class Publication {
  readonly #publish: Publish;
  readonly #rooms: readonly string[];
  readonly #except: readonly WebSocketConnection[];

  /** @internal */
  constructor(publish: Publish, rooms: readonly string[], except: readonly WebSocketConnection[]) {
    this.#publish = publish;
    this.#rooms = rooms;
    this.#except = except;
  }

  /** The same rooms without these members, who need not be in any of them. */
  except(...members: WebSocketConnection[]): Publication {
    return new Publication(this.#publish, this.#rooms, [...this.#except, ...members]);
  }

  /**
   * Sends to everyone in the rooms, once to each. A string becomes a text message; bytes (a Buffer, a typed array, an
   * ArrayBuffer) become a binary one, and may be changed afterwards; any other value becomes its JSON.
   *
   * Nobody is waited for: what becomes of it where a member is slow is the `slowConsumer` of the first of these rooms that
   * the member is in. By default a member who leaves more than `maxBufferedAmount` unread is closed with 1008.
   *
   * @throws InvalidOptionError for what has no JSON: undefined, a function, a cycle, a promise; and for an option that is
   *   unknown or wrong
   */
  publish(data: unknown, options?: PublishOptions): void {
    this.#publish(this.#rooms, this.#except, data, options === undefined ? undefined : keyOf(options));
  }

  /**
   * Publishes, and tells whether the adapter has it, so that it reaches the members on other nodes.
   *
   * @returns resolves when the logs of all the rooms have it, at once where there is no adapter. Rejects with an AdapterError
   *   when the broker has not taken it within `publishTimeout`, or too much waits for it already; members of this node have
   *   got it all the same
   * @throws InvalidOptionError as `publish()` does, by rejecting
   */
  async confirm(data: unknown, options?: PublishOptions): Promise<void> {
    const key = options === undefined ? undefined : keyOf(options);
    let missing = this.#rooms.length;
    await new Promise<void>((resolve, reject) => {
      this.#publish(this.#rooms, this.#except, data, key, (error) => {
        missing--;
        if (error !== undefined) reject(error);
        else if (missing === 0) resolve();
      });
    });
  }
}

function keyOf(options: PublishOptions): string | undefined {
  refuseUnknownOptions('publish()', options, ['key']);
  const { key } = options;
  if (key === undefined || (typeof key === 'string' && key.length > 0 && key.length <= maxPublishKeyLength)) return key;
  const what = typeof key === 'string' ? `one of ${(key as string).length}` : describe(key);
  throw new InvalidOptionError(`Option 'key' must be a string of 1 to ${maxPublishKeyLength} characters, not ${what}`);
}
