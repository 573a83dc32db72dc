import net from 'node:net';
import WebSocket from 'ws';

/** What a guest does as long as it is there. */
export const habits = ['idle', 'talks', 'chats', 'sips'] as const;
export type Habit = (typeof habits)[number];

/** How a guest goes. */
export const exits = ['says goodbye', 'resets', 'hangs up', 'stops reading'] as const;
export type Exit = (typeof exits)[number];

export interface GuestInit {
  readonly port: number;
  /** Which guest it is: decides its room and from which address it comes. */
  readonly number: number;
  readonly habit: Habit;
  /** Something happened that must not. */
  wrong(what: string): void;
  /** It has been told something that was to come. */
  heard(): void;
  /** It is gone; `code` is what it was told, 1006 when its connection just ended. */
  gone(code: number): void;
}

const rooms = 200;
const addresses = 200;

/** One connection of the crowd, by a client that nobody here wrote. */
export class Guest {
  readonly #init: GuestInit;
  readonly #socket: WebSocket;
  #wire: net.Socket | undefined;
  /** What an echo is to bring back. */
  readonly #expected: string[] = [];
  #turns = 0;
  #isLeaving = false;

  constructor(init: GuestInit) {
    this.#init = init;
    const { port, number, habit } = init;
    const path = habit === 'chats' ? `/chat/room-${Math.floor(number / 10) % rooms}` : '/echo';
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      perMessageDeflate: number % 10 === 0,
      // Many addresses, as one has no more than 28,000 ports for all that come and go.
      createConnection: () => {
        this.#wire = net.connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${2 + (number % addresses)}` });
        return this.#wire;
      },
    });
    this.#socket.on('message', (data) => this.#received(String(data)));
    // What it means is told by 'close'; before the connection is open it is a refusal.
    this.#socket.on('error', (error) => {
      if (!this.#isLeaving && this.#socket.readyState === WebSocket.CONNECTING) init.wrong(`refused: ${error.message}`);
    });
    this.#socket.on('close', (code) => {
      if (!this.#isLeaving) init.wrong(`${habit}: closed with ${code}`);
      init.gone(code);
    });
  }

  get isThere(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && !this.#isLeaving;
  }

  /** Does what it does, now and then. */
  act(): void {
    if (!this.isThere) return;
    this.#turns++;
    const { habit, number } = this.#init;
    if (habit === 'talks') {
      const text = `${number} ${this.#turns} ${'.'.repeat((number * 31 + this.#turns * 997) % 3000)}`;
      this.#expected.push(text);
      this.#socket.send(text);
    } else if (habit === 'chats') {
      this.#socket.send(JSON.stringify({ type: 'message', text: `${number} says ${this.#turns}` }));
    } else if (habit === 'sips') {
      // A message that never comes to its end, but grows by a byte a turn.
      this.#socket.send('.', { fin: false });
    }
  }

  leave(exit: Exit): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      this.#socket.once('open', () => this.leave(exit));
      return;
    }
    if (!this.isThere) return;
    this.#isLeaving = true;
    if (exit === 'says goodbye') this.#socket.close(1000);
    else if (exit === 'resets') this.#wire?.resetAndDestroy();
    else if (exit === 'hangs up') this.#wire?.destroy();
    else if (this.#init.habit === 'talks' || this.#init.habit === 'idle') this.#shout();
    else this.#socket.terminate();
  }

  /** Has more echoed than it reads, until the server has had enough. */
  #shout(): void {
    const wire = this.#wire!;
    wire.pause();
    // ws itself would go on reading.
    wire.removeAllListeners('data');
    const text = 'x'.repeat(50_000);
    const more = (): void => {
      if (wire.destroyed) return;
      for (let index = 0; index < 10; index++) this.#socket.send(text);
      if (wire.writableLength < 1_000_000) setTimeout(more, 50);
    };
    more();
    // What the server says to that is not read.
    setTimeout(() => wire.destroy(), 5_000);
  }

  #received(text: string): void {
    this.#init.heard();
    if (this.#init.habit !== 'talks' || this.#isLeaving) return;
    const expected = this.#expected.shift();
    if (text !== expected)
      this.#init.wrong(`an echo brought back ${text.slice(0, 40)}… for ${expected?.slice(0, 40)}…`);
  }
}
