import { expect } from 'chai';
import { ChatClient, type ChatRoom } from '../../../src/browser';
import type { ChatClientOptions } from '../../../src/browser/options';
import { FakeSocket } from './fake-socket';
import { FakeTime, replace, settled } from './fake-time';

/** Clients of one test, over fake sockets and in fake time. */
export class FakeClients {
  readonly time: FakeTime;
  /** What the clients could not make sense of. */
  readonly reported: unknown[] = [];
  readonly #clients: ChatClient[] = [];

  /** Closes its clients behind each test of this `describe`. */
  static use(): FakeClients {
    return new FakeClients();
  }

  private constructor() {
    this.time = FakeTime.use(() => {
      for (const client of this.#clients.splice(0)) client.close();
    });
    let restore: () => void;
    beforeEach(() => {
      FakeSocket.made.length = 0;
      restore = replace(globalThis, 'reportError', (error: unknown) => this.reported.push(error));
    });
    afterEach(() => {
      restore();
      expect(this.reported.splice(0)).to.deep.equal([]);
    });
  }

  /** A client that connects. */
  async make(options: ChatClientOptions = {}): Promise<ChatClient> {
    const client = new ChatClient('ws://site/chat', { WebSocket: FakeSocket, ...options });
    this.#clients.push(client);
    await settled();
    return client;
  }

  /** A client in a room, at offset 7 of epoch e1. */
  async inRoom(options: ChatClientOptions = {}): Promise<{ client: ChatClient; room: ChatRoom; socket: FakeSocket }> {
    const client = await this.make(options);
    const socket = FakeSocket.last.open();
    const room = client.join('general');
    socket.joined();
    return { client, room, socket };
  }

  /** Loses the connection, and waits for the next one; it is open. */
  async again(code = 1006, reason = ''): Promise<FakeSocket> {
    FakeSocket.last.end(code, reason);
    await this.time.pass(this.time.next!);
    return FakeSocket.last.open();
  }
}

/** Everything that a room tells, as it comes: the event's name, and the part of it that tests look at. */
export function eventsOf(room: ChatRoom): unknown[][] {
  const events: unknown[][] = [];
  room.on('state', (state) => events.push(['state', state]));
  room.on('message', ({ text, offset }) => events.push(['message', text, offset]));
  room.on('placed', ({ text, offset }) => events.push(['placed', text, offset]));
  room.on('presence', ({ joins, leaves }) => events.push(['presence', names(joins), names(leaves)]));
  room.on('gap', ({ since, position }) => events.push(['gap', since, position]));
  room.on('error', ({ code }) => events.push(['error', code]));
  return events;
}

function names(members: readonly { readonly name: string }[]): string[] {
  return members.map(({ name }) => name);
}

/** What a promise rejects with: its code. */
export async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as { code: string }).code;
  }
  throw new Error('It was not refused');
}
