/** The chat site: an Express app with a session, chat rooms, a WebSocket that echoes, and static pages. `npm start` runs it. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';
import session from 'express-session';
import helmet from 'helmet';
import { rooms, switchboard } from 'switchboard';
import { explainListenError, portFromEnvironment } from './port';

const app = express();
const board = switchboard(app);

// What stands here runs for pages and WebSockets alike, before the 101.
app.use(helmet({ contentSecurityPolicy: { directives: { styleSrc: ["'self'"], upgradeInsecureRequests: null } } }));
const secret = process.env.SESSION_SECRET || randomBytes(32).toString('hex');
app.use(session({ secret, resave: false, saveUninitialized: true, cookie: { sameSite: 'lax' } }));

// Whatever somebody says comes back.
app.ws('/echo', (socket) => {
  socket.on('message', (data) => socket.send(data));
});

// Chat rooms, for everybody.
const chat = rooms();
app.use('/chat', chat);

// Who opens this one is told which rooms there are, now and whenever that changes.
const openRooms = () => chat.rooms.map((name) => ({ name, count: chat.count(name) }));
app.ws('/rooms', (socket) => {
  socket.join('watching rooms');
  socket.send(JSON.stringify(openRooms()));
});
for (const event of ['join', 'leave'] as const) {
  chat.on(event, () => board.hub.to('watching rooms').publish(openRooms()));
}

app.use(express.static(path.join(__dirname, 'public'), { extensions: ['html'] }));

const port = portFromEnvironment();
const server = app.listen(port, (error) => {
  if (error) {
    console.error(explainListenError(error, port));
    process.exitCode = 1;
    return;
  }
  console.log(`The chat is on http://localhost:${(server.address() as AddressInfo).port} (Ctrl-C ends it)`);
});

// Everybody is told that the server goes away; then nothing keeps the process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    server.close();
    await board.close();
  });
}
