import type { Express } from 'express';
import { type Switchboard, switchboard } from '../../../src/express/switchboard';

/** An app with an echo, and routes that do what they are named after. It shows no stacks, and listens nowhere. */
export function testingApp(express: typeof import('express')): { app: Express; board: Switchboard } {
  const app = express();
  app.set('env', 'test');
  const board = switchboard(app, { subprotocols: ['chat'], maxMessageSize: 1000 });
  app.ws('/echo', (socket) => {
    socket.on('message', (message) => socket.send(message));
  });
  app.ws('/says', (socket, { query }) => {
    for (const text of [query.text].flat()) socket.send(String(text));
  });
  app.ws('/closes', (socket, { query }) => socket.close(Number(query.code), String(query.reason ?? '')));
  app.ws(
    '/login',
    (_request, response) => response.status(401).json({ error: 'log in' }),
    () => {},
  );
  return { app, board };
}
