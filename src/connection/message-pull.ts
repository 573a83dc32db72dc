import { ConnectionClosedError } from '../protocol/errors';
import type { Message } from './inbox';
import type { WebSocketConnection } from './websocket-connection';

interface MessagePullSink {
  message(data: Message): void;
  /** No more messages: null when the connection was closed in order. */
  end(error: Error | null): void;
}

/** A connection's messages for a stream: one at a time, when it asks for one, and the end also when it does not. */
export class MessagePull {
  private isPulling = false;
  private isOver = false;

  constructor(
    private readonly connection: WebSocketConnection,
    private readonly sink: MessagePullSink,
  ) {
    connection.beginLoop();
    connection.whenClosed(() => {
      if (!connection.hasWaiting) this.pull();
    });
  }

  /** The next message goes to the sink. Nothing happens where that is due already. */
  pull(): void {
    if (this.isPulling || this.isOver) return;
    this.isPulling = true;
    this.connection.receive().then(
      (message) => {
        this.isPulling = false;
        if (!this.isOver) this.sink.message(message!);
      },
      (error) => this.over(error),
    );
  }

  /** The stream wants no more. */
  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.connection.endLoop();
  }

  private over(error: Error): void {
    if (this.isOver) return;
    this.leave();
    const isInOrder = error instanceof ConnectionClosedError && this.connection.endedInOrder;
    this.sink.end(isInOrder ? null : error);
  }
}
