import type { ConnectionOptions } from '../../src/connection/options';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { acceptDeflate, checkDeflateAnswer, offerDeflate } from '../../src/protocol/deflate-negotiation';
import {
  type DeflateSettings,
  type PerMessageDeflateOptions,
  resolveDeflate,
} from '../../src/protocol/deflate-options';
import { PerMessageDeflate } from '../../src/protocol/permessage-deflate';
import { createConnectionPair } from './connection-pair';

/** The options of a server, resolved: connections of one endpoint share them. */
export function deflateSettings(options: PerMessageDeflateOptions = {}): DeflateSettings {
  return resolveDeflate('test()', 'server', { threshold: 0, ...options })!;
}

/** The extensions of both ends, as an opening handshake agrees on them. */
export function agreedExtensions(
  server: DeflateSettings,
  clientOptions: PerMessageDeflateOptions = {},
): { server: PerMessageDeflate; client: PerMessageDeflate } {
  const client = resolveDeflate('test()', 'client', { threshold: 0, ...clientOptions })!;
  const { answer, agreement } = acceptDeflate([offerDeflate(client)], server)!;
  return {
    server: new PerMessageDeflate('server', server, agreement, 'permessage-deflate'),
    client: new PerMessageDeflate('client', client, checkDeflateAnswer(answer, client), 'permessage-deflate'),
  };
}

/** Two connections in memory that compress what they say to each other. */
export function createDeflatePair(
  server: DeflateSettings,
  clientOptions: PerMessageDeflateOptions = {},
  options: Partial<ConnectionOptions> = {},
): { server: WebSocketConnection; client: WebSocketConnection } {
  const extensions = agreedExtensions(server, clientOptions);
  return createConnectionPair(options, {
    server: { extension: extensions.server },
    client: { extension: extensions.client },
  });
}
