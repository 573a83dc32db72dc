import type { WebSocketConnection } from '../connection/websocket-connection';
import type { Metrics } from '../diagnostics/metrics';
import type { Watched } from './feed';
import { Largest } from './largest';
import type { Viewers } from './viewers';
import type { Present, WaitingConnection } from './wire';

/** How many connections and rooms are listed. */
const maxConnections = 20;
const maxRooms = 10;
/** Of one connection. */
const maxRoomsShown = 3;
/** With more rooms, looking at each every second would be felt. */
const maxRoomsLookedAt = 20_000;

/** What is now, and no part of the history. */
export function presentOf(board: Watched, metrics: Metrics, viewers: Viewers): Present {
  const { connections, handshakes, handlers, limited, rooms } = metrics;
  return {
    totals: {
      opened: connections.opened,
      refused: handshakes.refused,
      closed: connections.closed,
      failed: connections.failed,
      limited,
      dropped: rooms.dropped,
      handlerErrors: handlers.errors,
    },
    adapter: rooms.adapter,
    handlersRunning: handlers.running,
    // Mostly nothing waits, and nobody has to be looked at.
    waiting: metrics.buffered > 0 ? waitingOn(board, viewers) : { count: 0, most: [] },
    largestRooms: largestRooms(board, rooms.rooms),
    viewers: viewers.size,
  };
}

function waitingOn(board: Watched, viewers: Viewers): Present['waiting'] {
  const most = new Largest<WebSocketConnection>(maxConnections);
  let count = 0;
  for (const socket of board.connections) {
    const { bufferedAmount } = socket;
    if (bufferedAmount === 0 || viewers.has(socket)) continue;
    count++;
    most.add(socket, bufferedAmount);
  }
  return { count, most: most.items.map(({ item, size }) => describe(board, item, size)) };
}

function describe(board: Watched, socket: WebSocketConnection, buffered: number): WaitingConnection {
  return {
    address: socket.peer,
    user: socket.user ?? null,
    buffered,
    rooms: board.hub.rooms(socket).slice(0, maxRoomsShown),
  };
}

function largestRooms({ hub }: Watched, count: number): Present['largestRooms'] {
  if (count > maxRoomsLookedAt) return null;
  const largest = new Largest<string>(maxRooms);
  for (const name of hub.rooms()) largest.add(name, hub.count(name));
  return largest.items.map(({ item, size }) => ({ name: item, members: size }));
}
