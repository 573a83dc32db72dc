import http, { type Server } from 'node:http';
import { isIP } from 'node:net';
import type { Application } from 'express-serve-static-core';
import { connectAs } from '../client/connect';
import { type ConnectOptions, connectOptionNames, resolveConnectOptions } from '../client/options';
import { headerPairs } from '../client/request-headers';
import { boardOf } from '../express/boards';
import { attachFound } from '../express/find-servers';
import { InvalidOptionError } from '../protocol/errors';
import { checkInteger, describe, refuseUnknownOptions } from '../protocol/options';
import { type Cookies, cookieHeader } from './cookies';
import { Link } from './link';
import { accepted, remember } from './open-links';
import { TestClient } from './test-client';

/** Options of `connect()` that are about a network, or about what is not HTTP/1.1. */
type OfNetwork = 'http2' | 'proxy' | 'tls' | 'socketPath' | 'lookup' | 'localAddress' | 'family';

/** What `connectTo()` takes: the options of `connect()`, but for those that are about a network, and these. */
export interface ConnectToOptions extends Omit<ConnectOptions, OfNetwork> {
  /**
   * Cookies to send: names and values as they go on the wire, or the `Set-Cookie` lines of an earlier response, as
   * `response.headers['set-cookie']` of supertest, or `socket.response.headers['set-cookie']`. @default none
   */
  cookies?: Cookies | undefined;
  /** The address that the server sees: `request.ip` where no proxy is trusted. @default '127.0.0.1' */
  remoteAddress?: string;
  /** Bytes that arrive at once, both ways, from the handshake on: 1 for byte by byte. @default as they were written */
  chunkSize?: number;
}

const ofNetwork: readonly string[] = [
  'http2',
  'proxy',
  'tls',
  'socketPath',
  'lookup',
  'localAddress',
  'family',
] satisfies OfNetwork[];

const names = [
  ...connectOptionNames.filter((name) => !ofNetwork.includes(name)),
  'cookies',
  'remoteAddress',
  'chunkSize',
];

/**
 * Opens a WebSocket to an Express app in this process, without a port and without a network: for tests.
 *
 * ```ts
 * import { closeAll, connectTo } from 'switchboard/testing';
 *
 * afterEach(closeAll);
 *
 * it('echoes', async () => {
 *   const socket = await connectTo(app, '/echo', { headers: { Authorization: 'Bearer …' } });
 *   socket.send('hello');
 *   await socket.expectMessage('hello');
 * });
 *
 * it('wants a login', async () => {
 *   await assert.rejects(connectTo(app, '/chat'), { name: 'HandshakeError', status: 401 });
 * });
 * ```
 *
 * The request goes through all of node:http, Express and its middleware, with `Host: localhost`; every connection is one of
 * its own, and none keeps the process from ending.
 *
 * @param app an Express app, 4 or 5, with `switchboard(app)`, or a server of node:http that has one, listening or not
 * @param path of the route, with its query: `/chat?room=general`
 * @throws InvalidOptionError for an app without a board, a path or an option that cannot be; HandshakeError with `status`,
 *   `headers` and `body` when the app refuses; and what else `connect()` rejects with
 */
export async function connectTo(
  app: Application | Server,
  path: string,
  options: ConnectToOptions = {},
): Promise<TestClient> {
  const server = serverOf(app);
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new InvalidOptionError(`The path for connectTo() must begin with '/', as '/chat', not ${describe(path)}`);
  }
  const { remoteAddress, chunkSize, resolved } = checkOptions(options);
  const dial = () => {
    const link = new Link(remoteAddress);
    if (chunkSize !== undefined) link.chunk(chunkSize);
    remember(link);
    server.emit('connection', link.server);
    return link.client;
  };
  const client = await connectAs(TestClient, `ws://localhost${path}`, { ...resolved, dial });
  accepted(client.faults as Link, client);
  return client;
}

/** One for each app: it never listens, and gets the ends of links as connections. */
const servers = new WeakMap<object, Server>();

function serverOf(given: Application | Server): Server {
  if (given instanceof http.Server) {
    attachFound(given);
    return given;
  }
  if (typeof given !== 'function' || boardOf(given) === undefined) {
    throw new InvalidOptionError(
      `connectTo() needs an Express app that switchboard(app) was called with, or a server of node:http, not ${
        typeof given === 'function' ? 'an app without a board' : describe(given)
      }`,
    );
  }
  let server = servers.get(given);
  if (server === undefined) {
    server = http.createServer(given);
    attachFound(server);
    servers.set(given, server);
  }
  return server;
}

/** What is left for `connect()`, and the options that are ours. */
function checkOptions(given: ConnectToOptions) {
  refuseUnknownOptions('connectTo()', given, names);
  const { cookies, remoteAddress, chunkSize, ...rest } = given;
  if (remoteAddress !== undefined && isIP(remoteAddress) === 0) {
    throw new InvalidOptionError(`Option 'remoteAddress' must be an IP address, not ${describe(remoteAddress)}`);
  }
  if (chunkSize !== undefined) checkInteger('chunkSize', chunkSize, { min: 1 });
  const headers = [...headerPairs(rest.headers ?? {})];
  if (cookies !== undefined) headers.push(['Cookie', cookieHeader(cookies)]);
  return { remoteAddress, chunkSize, resolved: resolveConnectOptions({ ...rest, headers }) };
}
