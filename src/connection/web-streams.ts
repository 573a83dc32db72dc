import { ReadableStream, WritableStream, type WritableStreamDefaultController } from 'node:stream/web';
import { setImmediate } from 'node:timers';
import { CloseCode, isSendableCloseCode } from '../protocol/close-code';
import { fitCloseReason } from '../protocol/close-payload';
import type { Message } from './inbox';
import { MessagePull } from './message-pull';
import type { Payload } from './payload';
import type { WebSocketConnection } from './websocket-connection';

/** The messages of a connection as a web stream. It holds none itself: each is taken when somebody reads. */
export function readableOf(connection: WebSocketConnection): ReadableStream<Message> {
  let pull: MessagePull;
  return new ReadableStream<Message>(
    {
      start(controller) {
        pull = new MessagePull(connection, {
          message: (data) => controller.enqueue(data),
          end: (error) => (error === null ? controller.close() : controller.error(error)),
        });
      },
      pull: () => pull.pull(),
      async cancel(reason) {
        pull.leave();
        await closeFor(connection, reason, CloseCode.NormalClosure);
      },
    },
    { highWaterMark: 0 },
  );
}

/** What sends messages on a connection, as a web stream: each write is one message. */
export function writableOf(connection: WebSocketConnection): WritableStream<Payload> {
  let isClosing = false;
  return new WritableStream<Payload>({
    start(controller: WritableStreamDefaultController) {
      const tell = () => {
        if (!isClosing) controller.error(connection.closedError('writable'));
      };
      // A pipe whose source ends with the connection, as an echo's does, has its turn to close in order before.
      connection.whenClosed(() => setImmediate(tell));
    },
    async write(message) {
      if (connection.send(message)) return;
      if (connection.readyState !== connection.OPEN) throw connection.closedError('writable');
      await connection.drained();
    },
    async close() {
      isClosing = true;
      connection.close(CloseCode.NormalClosure);
      await connection.closed;
      if (!connection.isClean) throw connection.closedError('writable');
    },
    async abort(reason) {
      isClosing = true;
      await closeFor(connection, reason, CloseCode.InternalError);
    },
  });
}

/**
 * Closes with what a reason says that has a `closeCode` and a `reason`, as that of `WebSocketStream` in browsers and
 * the errors of this package have; with the code otherwise. What else a reason says stays here.
 */
async function closeFor(connection: WebSocketConnection, reason: unknown, otherwise: number): Promise<void> {
  const { closeCode, reason: words } = (reason ?? {}) as { closeCode?: unknown; reason?: unknown };
  const code = typeof closeCode === 'number' && isSendableCloseCode(closeCode) ? closeCode : otherwise;
  connection.close(code, typeof words === 'string' ? fitCloseReason(words) : '');
  await connection.closed;
}
