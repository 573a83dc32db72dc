import { type ConnectionOptions, resolveConnectionOptions } from '../../src/connection/options';
import { WebSocketConnection, type WebSocketConnectionInit } from '../../src/connection/websocket-connection';
import { Link } from '../../src/testing/link';

type Init = Omit<Partial<WebSocketConnectionInit>, 'options' | 'role'>;

/** Two connections that talk to each other in memory. No heartbeat unless an option asks for it. */
export function createConnectionPair(
  options: Partial<ConnectionOptions> = {},
  init: { server?: Init; client?: Init } = {},
): { server: WebSocketConnection; client: WebSocketConnection } {
  const link = new Link();
  const resolved = resolveConnectionOptions('createConnectionPair()', { pingInterval: false, ...options });
  return {
    server: new WebSocketConnection(link.server, { role: 'server', options: resolved, ...init.server }),
    client: new WebSocketConnection(link.client, { role: 'client', options: resolved, ...init.client }),
  };
}
