import http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ClientConnection } from '../../../src/client/client-connection';
import { type ConnectOptions, resolveConnectOptions } from '../../../src/client/options';
import { createKey, offerHeaders, verifyUpgradeResponse } from '../../../src/protocol/client-handshake';
import { checkDeflateAnswer, offerDeflate } from '../../../src/protocol/deflate-negotiation';
import { HandshakeError } from '../../../src/protocol/errors';
import { serializeExtensions } from '../../../src/protocol/headers';
import { PerMessageDeflate } from '../../../src/protocol/permessage-deflate';

/** What `connect()` does when it has a socket, over a stream that is none. */
export async function openInMemory(stream: Duplex, path: string, given: ConnectOptions): Promise<ClientConnection> {
  const { connection, headers, subprotocols, perMessageDeflate: settings } = resolveConnectOptions(given);
  const offer = {
    key: createKey(),
    protocols: subprotocols,
    extensions: settings === null ? [] : [offerDeflate(settings)],
  };
  given.signal?.addEventListener('abort', () => stream.destroy(given.signal?.reason), { once: true });
  const { response, head } = await exchange(stream, path, {
    Host: 'localhost',
    ...Object.fromEntries(headers.values()),
    ...offerHeaders(offer),
  });
  const { statusCode: status = 0, headers: answered } = response;
  if (head === undefined) {
    const refused = { status, headers: answered, body: await text(response) };
    stream.destroy();
    throw new HandshakeError(`The server answered ${status} instead of 101`, { response: refused });
  }
  const { protocol, extensions } = verifyUpgradeResponse({ status, headers: answered }, offer);
  const [answer] = extensions;
  const extension =
    answer === undefined || settings === null
      ? null
      : new PerMessageDeflate(
          'client',
          settings,
          checkDeflateAnswer(answer, settings),
          serializeExtensions(extensions),
        );
  const init = { role: 'client' as const, options: connection, protocol, extension, head };
  return new ClientConnection(stream, init, { status, headers: answered, httpVersion: '1.1' });
}

function exchange(
  stream: Duplex,
  path: string,
  headers: Record<string, string>,
): Promise<{ response: http.IncomingMessage; head?: Buffer }> {
  return new Promise((resolve, reject) => {
    http
      .request({ path, headers, setHost: false, createConnection: () => stream as Socket })
      .on('upgrade', (response, _stream, head) => resolve({ response, head }))
      .on('response', (response) => resolve({ response }))
      .on('error', reject)
      .end();
  });
}
