/**
 * The limit: bare node:net with no protocol work. It answers the handshake and then returns bytes as they come: echo
 * sends them back, masked as they are, and fan-out writes each chunk of the publisher to every subscriber. No server on
 * node:net can do less for a message, so none can be faster without writing less often.
 */

import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { serve } from './serve';

const subscribers = new Set<Socket>();

function publishTo(chunk: Buffer): void {
  for (const subscriber of subscribers) subscriber.write(chunk);
}

function answerHandshake(socket: Socket, head: string): void {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  if (head.startsWith('GET /publish ')) {
    socket.on('data', publishTo);
  } else if (head.startsWith('GET /subscribe ')) {
    subscribers.add(socket);
    socket.once('close', () => subscribers.delete(socket));
    socket.resume();
  } else {
    socket.on('data', (chunk) => socket.write(chunk));
  }
}

serve(
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    // The generator sends its handshake in one write and nothing after it until it is answered.
    socket.once('data', (head) => answerHandshake(socket, head.toString('latin1')));
  }),
);
