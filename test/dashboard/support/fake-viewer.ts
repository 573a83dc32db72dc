import { EventEmitter } from 'node:events';
import type { WebSocketConnection } from '../../../src/connection/websocket-connection';
import type { FeedMessage } from '../../../src/dashboard/wire';

/** Somebody who looks at a dashboard, and keeps what comes. */
export class FakeViewer extends EventEmitter {
  bufferedAmount = 0;
  readonly texts: string[] = [];

  send(text: string): void {
    this.texts.push(text);
  }

  leave(code = 1001): void {
    this.emit('close', code, '');
  }

  get messages(): FeedMessage[] {
    return this.texts.map((text) => JSON.parse(text) as FeedMessage);
  }

  get socket(): WebSocketConnection {
    return this as unknown as WebSocketConnection;
  }
}
