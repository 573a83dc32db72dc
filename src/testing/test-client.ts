import type { Duplex } from 'node:stream';
import { ClientConnection, type OpeningResponse } from '../client/client-connection';
import type { Closure } from '../connection/closure';
import type { Message } from '../connection/inbox';
import type { WebSocketConnectionInit } from '../connection/websocket-connection';
import { expectClose } from './expect-close';
import { type ExpectMessageOptions, expectMessage } from './expect-message';
import { expectNoMessage } from './expect-no-message';
import type { ExpectOptions } from './expectation';
import type { Faults } from './faults';
import type { LinkEnd } from './link-end';
import type { MessageTest } from './message-test';
import { closeInOrder } from './open-links';

/** What `connectTo()` resolves with: a client connection, with expectations, and faults of the way to the server. */
export class TestClient extends ClientConnection {
  /** What may go wrong between this client and the server. */
  readonly faults: Faults;

  /** @internal */
  constructor(transport: Duplex, init: WebSocketConnectionInit, response: OpeningResponse) {
    super(transport, init, response);
    this.faults = (transport as LinkEnd).link;
  }

  /** Takes the next message, which must be what is expected; see the function `expectMessage`. */
  expectMessage(expected?: MessageTest, options?: ExpectMessageOptions): Promise<Message>;
  expectMessage<Json extends object>(
    expected: Json,
    options?: ExpectMessageOptions,
  ): Promise<Json & Record<string, unknown>>;
  expectMessage(expected?: MessageTest | object, options?: ExpectMessageOptions): Promise<unknown> {
    return expectMessage(this, expected as MessageTest, options);
  }

  /** Asserts that the server has said nothing more; see the function `expectNoMessage`. */
  expectNoMessage(options?: ExpectOptions): Promise<void> {
    return expectNoMessage(this, options);
  }

  /** Waits for the end, and asserts which it is; see the function `expectClose`. */
  expectClose(code?: number, reason?: string | RegExp, options?: ExpectOptions): Promise<Closure> {
    return expectClose(this, code, reason, options);
  }

  /** For `await using`: closes the connection, and waits until it is closed. */
  [Symbol.asyncDispose](): Promise<void> {
    return closeInOrder(this);
  }
}
