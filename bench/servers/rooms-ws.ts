/** `ws` has no rooms: what a user of it writes, a map of sets, and a loop over the members. */

import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { nextShare, roundOf } from './room-shares';
import { serve } from './serve';

const server = createServer();
const rooms = new Map<string, Set<WebSocket>>();

function join(socket: WebSocket, room: string): void {
  const members = rooms.get(room);
  if (members) members.add(socket);
  else rooms.set(room, new Set([socket]));
}

function leave(socket: WebSocket, room: string): void {
  const members = rooms.get(room);
  if (members?.delete(socket) && members.size === 0) rooms.delete(room);
}

new WebSocketServer({ server }).on('connection', (socket) => {
  const share = nextShare();
  const nextRoom = roundOf(share);
  for (const room of share) join(socket, room);
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    for (const room of share) leave(socket, room);
  });
  socket.on('message', (data, isBinary) => {
    for (const member of rooms.get(nextRoom()) ?? []) {
      if (member.readyState === member.OPEN) member.send(data, { binary: isBinary });
    }
  });
});

serve(server);
