/**
 * The chat site: an Express app with a session, chat rooms, a WebSocket that echoes, and static pages, over HTTP/1.1 and,
 * with TLS, over HTTP/2. `npm start` runs it.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import express from 'express';
import session from 'express-session';
import helmet from 'helmet';
import { rooms, serveHttp2, switchboard } from 'switchboard';
import { makeCertificate } from './certificate';
import { listen, portsFromEnvironment } from './ports';

const app = express();
const board = switchboard(app);

// What stands here runs for pages and WebSockets alike, before the 101.
app.use(
  helmet({
    contentSecurityPolicy: { directives: { styleSrc: ["'self'"], upgradeInsecureRequests: null } },
    // It would keep browsers from the same host's http, which goes on.
    strictTransportSecurity: false,
  }),
);
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

// A browser cannot see by which protocol its WebSocket came: who dials with `?protocol` is told, before all else.
board.on('connection', (socket, { url = '', httpVersion }) => {
  if (!new URL(url, 'http://localhost').searchParams.has('protocol')) return;
  socket.send(JSON.stringify({ type: 'protocol', name: httpVersion === '2.0' ? 'HTTP/2' : `HTTP/${httpVersion}` }));
});

app.use(express.static(path.join(__dirname, 'public'), { extensions: ['html'] }));

async function start(): Promise<void> {
  const ports = portsFromEnvironment();
  const plain = http.createServer(app);
  const secure = serveHttp2(app, await makeCertificate());

  // Everybody is told that the servers go away; then nothing keeps the process.
  const stop = async (): Promise<void> => {
    plain.close();
    secure.close();
    await board.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);

  try {
    const port = await listen(plain, ports.http, 'PORT');
    const securePort = await listen(secure, ports.https, 'PORT_HTTPS');
    console.log(
      `The chat is on http://localhost:${port} and, over HTTP/2, on https://localhost:${securePort} (Ctrl-C ends it)\n` +
        'The browser will warn about the certificate of https once: it was made just now, for this computer only.',
    );
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
    await stop();
  }
}

void start();
