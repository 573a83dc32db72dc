/** `ws` has no rooms: what a user of it writes, a map of sets, and what a connection is in. */

import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { obeyJoining } from './joining';
import { serve } from './serve';

const server = createServer();
const sockets: WebSocket[] = [];
const rooms = new Map<string, Set<WebSocket>>();
const memberships = new Map<WebSocket, Set<string>>();

new WebSocketServer({ server }).on('connection', (socket) => {
  sockets.push(socket);
  memberships.set(socket, new Set());
});

obeyJoining(sockets, {
  join(socket, room) {
    const members = rooms.get(room);
    if (members) members.add(socket);
    else rooms.set(room, new Set([socket]));
    memberships.get(socket)!.add(room);
  },
  leave(socket, room) {
    const members = rooms.get(room);
    if (members?.delete(socket) && members.size === 0) rooms.delete(room);
    memberships.get(socket)!.delete(room);
  },
});

serve(server);
