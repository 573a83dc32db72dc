import { subscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { boardOf } from './boards';
import type { App } from './express-internals';

/** Attaches the server that `app.listen` makes, before anybody can connect to it. */
export function attachOnListen(app: App): void {
  const listen = app.listen;
  app.listen = function (this: App, ...parameters: unknown[]): unknown {
    const server = listen.apply(this, parameters);
    boardOf(app)?.attach(server as Server);
    return server;
  };
}

let watching = false;

/**
 * Attaches every server whose `'request'` listener is an app with a board (`http.createServer(app)`, `request(app)` of
 * supertest) when it listens; one that became such later, at its next connection, before a byte of that is read. One
 * subscription for the whole process, which holds no app and no server.
 */
export function watchServers(): void {
  if (watching) return;
  watching = true;
  subscribe('tracing:net.server.listen:asyncEnd', (message) => attachFound((message as { server: Server }).server));
  subscribe('net.server.socket', (message) => {
    const { server } = (message as { socket: Socket & { server?: Server } }).socket;
    if (server !== undefined) attachFound(server);
  });
}

/** Attaches the boards of the apps that take a server's requests. */
export function attachFound(server: Server): void {
  if (server.listenerCount('request') === 0) return;
  for (const listener of server.listeners('request')) boardOf(listener)?.attach(server);
}
