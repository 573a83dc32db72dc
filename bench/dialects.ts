/**
 * How an application's message looks on the wire of a fan-out, for peers with a protocol of their own above WebSocket. All
 * that goes over it is text.
 */

export interface Dialect {
  subscribePath: string;
  publishPath: string;
  /** What every subscriber and the publisher say first. */
  greeting?: string;
  /** What the publisher sends, if not the text alone, which has no character that JSON would escape. */
  wrap?(text: string): string;
  /** What arrives is not what was published, but contains its text. */
  rewraps?: boolean;
}

/** The message and nothing else. */
export const plainDialect: Dialect = {
  subscribePath: '/subscribe',
  publishPath: '/publish',
};

/** A subscriber on another node is greeted when what is published there comes to it, and not before. */
export const nodesDialect: Dialect = {
  subscribePath: '/subscribe',
  publishPath: '/publish',
  greeting: 'hello',
};

/** Ours: docs/chat-protocol.md. */
export const chatDialect: Dialect = {
  subscribePath: '/chat',
  publishPath: '/chat',
  greeting: JSON.stringify({ type: 'join', room: 'room' }),
  wrap: (text) => JSON.stringify({ type: 'message', text }),
  rewraps: true,
};

const SOCKET_IO_PATH = '/socket.io/?EIO=4&transport=websocket';

/**
 * Socket.IO 4, without its HTTP long-polling: `40` enters the default namespace, `42` is an event in it, a name and its
 * arguments.
 */
export const socketIoDialect: Dialect = {
  subscribePath: `${SOCKET_IO_PATH}&role=subscriber`,
  publishPath: `${SOCKET_IO_PATH}&role=publisher`,
  greeting: '40',
  wrap: (text) => `42${JSON.stringify(['message', text])}`,
};
