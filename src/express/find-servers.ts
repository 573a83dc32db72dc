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
 * supertest) at its first connection: the channel is published before a byte of it is read. One subscription for
 * the whole process, which holds no app and no server.
 */
export function watchServers(): void {
  if (watching) return;
  watching = true;
  subscribe('net.server.socket', (message) => {
    const { server } = (message as { socket: Socket & { server?: Server } }).socket;
    if (server === undefined || server.listenerCount('request') === 0) return;
    for (const listener of server.listeners('request')) boardOf(listener)?.attach(server);
  });
}
