import { on, once } from 'node:events';
import { WebSocket } from 'ws';
import type { ServerMessage } from './recording-client';
import type { Said } from './room-record';
import type { RoomLog } from './verdict';

const pageSize = 100;

/** What a client that has never been there before is told of rooms. */
export interface RoomsRead {
  readonly logs: RoomLog[];
  /** Names of all who are present, with this client itself, by room. */
  readonly present: ReadonlyMap<string, readonly string[]>;
}

/** The whole logs of these rooms, page by page from the end, by a new client. */
export async function readRooms(port: number, rooms: readonly string[], name = 'reader'): Promise<RoomsRead> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  // Listens before anything can come, and keeps what comes while something else is done.
  const messages = on(socket, 'message') as AsyncIterator<[Buffer]>;
  await once(socket, 'open');
  const ask = async (request: object, type: string): Promise<ServerMessage> => {
    socket.send(JSON.stringify({ ...request, id: 'ask' }));
    for (;;) {
      const { value } = await messages.next();
      const answer = JSON.parse(String(value[0])) as ServerMessage;
      if (answer.type === type) return answer;
      if (answer.type === 'error') throw new Error(`${type} was refused: ${answer.code}, ${answer.message}`);
    }
  };
  const logs: RoomLog[] = [];
  const present = new Map<string, readonly string[]>();
  try {
    for (const room of rooms) {
      const { members = [] } = await ask({ type: 'join', room, name }, 'joined');
      present.set(room, members.map((member) => member.name).toSorted());
      logs.push(await readRoom(room, ask));
      await ask({ type: 'leave', room }, 'left');
    }
  } finally {
    socket.terminate();
  }
  return { logs, present };
}

async function readRoom(
  room: string,
  ask: (request: object, type: string) => Promise<ServerMessage>,
): Promise<RoomLog> {
  const entries: Said[] = [];
  for (let before: object | undefined; ; ) {
    const page = await ask({ type: 'history', room, limit: pageSize, before }, 'history');
    const { epoch } = page.position!;
    const messages = page.messages ?? [];
    entries.unshift(...messages.map(({ text, key, offset }) => ({ epoch, offset: offset!, text, key })));
    if (page.more !== true) return { room, epoch, entries };
    before = { epoch, offset: messages[0]!.offset };
  }
}
