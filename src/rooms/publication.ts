import type { WebSocketConnection } from '../connection/websocket-connection';

/** @internal */
export type Publish = (rooms: readonly string[], except: readonly WebSocketConnection[], data: unknown) => void;

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
   * Nobody is waited for: a member who leaves more than `maxBufferedAmount` unread is closed with 1008.
   *
   * @throws InvalidOptionError for what has no JSON: undefined, a function, a cycle, a promise
   */
  publish(data: unknown): void {
    this.#publish(this.#rooms, this.#except, data);
  }
}
