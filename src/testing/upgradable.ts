import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ClientConnection } from '../client/client-connection';
import { resolveConnectionOptions } from '../connection/options';
import { createKey } from '../protocol/client-handshake';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/** What is used of a request of supertest. */
export interface UpgradableRequest {
  get(header: string): string;
  set(header: string, value: string): unknown;
}

/** What the types of supertest leave out: how it makes its request of node:http. */
interface HttpRequestMaker extends UpgradableRequest {
  request(): ClientRequest;
  req?: ClientRequest | null;
}

/** Milliseconds for the server to answer the closing handshake. */
const closeTimeout = 1000;

/**
 * A plugin for supertest: makes a request an opening handshake, and settles it when the server accepts, which it would
 * otherwise never do.
 *
 * ```ts
 * import request from 'supertest';
 * import { upgradable } from 'switchboard/testing';
 *
 * await request(app).get('/chat').use(upgradable).set('Cookie', cookie).expect(101);
 * await request(app).get('/chat').use(upgradable).expect(401);
 * await request(app).get('/chat').use(upgradable).set('Sec-WebSocket-Protocol', 'chat')
 *   .expect('Sec-WebSocket-Protocol', 'chat').expect(101);
 * ```
 *
 * It sets `Upgrade`, `Connection`, `Sec-WebSocket-Version` and a fresh `Sec-WebSocket-Key`, each unless the request does. A
 * WebSocket that was opened is closed at once, with 1000; to talk over it there is `connectTo()`.
 *
 * @throws InvalidOptionError for anything that is no request, as when it is called: `.use(upgradable())`
 */
export function upgradable(request: UpgradableRequest): void {
  const maker = request as HttpRequestMaker;
  if (typeof (request as Partial<HttpRequestMaker> | undefined)?.request !== 'function') {
    throw new InvalidOptionError(
      `upgradable is a plugin, as in request(app).get('/chat').use(upgradable), and needs a request of supertest, not ${describe(request)}`,
    );
  }
  const original = maker.request;
  maker.request = () => {
    const isNew = !maker.req;
    if (isNew) addHandshake(maker);
    const sent = original.call(maker);
    if (isNew) sent.once('upgrade', settle);
    return sent;
  };
}

function addHandshake(request: UpgradableRequest): void {
  const handshake = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': createKey(),
  };
  // What the test sets, before this plugin or behind it, stays.
  for (const [name, value] of Object.entries(handshake)) {
    if (request.get(name) === undefined) request.set(name, value);
  }
}

/** The 101 as an ordinary response without a body, once the WebSocket is closed: supertest closes its server next. */
function settle(this: ClientRequest, response: IncomingMessage, socket: Duplex, head: Buffer): void {
  const options = resolveConnectionOptions('upgradable', { pingInterval: false, closeTimeout });
  const { statusCode: status = 101, headers } = response;
  const init = { role: 'client' as const, options, head };
  const connection = new ClientConnection(socket, init, { status, headers, httpVersion: '1.1' });
  connection.whenClosed(() => {
    response.push(null);
    this.emit('response', response);
  });
  connection.close(1000);
}
