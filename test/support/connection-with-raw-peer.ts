import { type ConnectionOptions, resolveConnectionOptions } from '../../src/connection/options';
import { WebSocketConnection, type WebSocketConnectionInit } from '../../src/connection/websocket-connection';
import { Link } from '../../src/testing/link';
import { RawPeer } from './raw-peer';
import { RecordingTransport } from './recording-transport';

export interface Given {
  role?: 'server' | 'client';
  options?: Partial<ConnectionOptions>;
  init?: Omit<Partial<WebSocketConnectionInit>, 'role' | 'options'>;
}

function initFor({ role = 'server', options, init }: Given): WebSocketConnectionInit {
  const resolved = resolveConnectionOptions('test()', { pingInterval: false, ...options });
  // An error that a test does not expect must not pass as a line on the console.
  const onError = (error: unknown) => queueMicrotask(() => Promise.reject(error));
  return { onError, ...init, role, options: resolved };
}

/** A connection, and at its other end one that says whatever the test wants. */
export function connectionWithRawPeer(given: Given = {}): { connection: WebSocketConnection; peer: RawPeer } {
  const { server: near, client: far } = new Link();
  const peer = new RawPeer(far, given.role === 'client' ? 'server' : 'client');
  return { connection: new WebSocketConnection(near, initFor(given)), peer };
}

/** A connection over a transport whose writes can be seen, and held up. Its peer speaks by `transport.push()`. */
export function connectionOverRecording(given: Given & { writableHighWaterMark?: number } = {}): {
  connection: WebSocketConnection;
  transport: RecordingTransport;
} {
  const { writableHighWaterMark } = given;
  const transport = new RecordingTransport(writableHighWaterMark === undefined ? {} : { writableHighWaterMark });
  return { connection: new WebSocketConnection(transport, initFor(given)), transport };
}
