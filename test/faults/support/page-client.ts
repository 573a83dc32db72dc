import { ChatClient, type ChatError } from '../../../src/node-client';
import { Changes } from './changes';
import type { ChaosClient } from './chaos-client';
import { RoomRecord } from './room-record';

/** The client of `switchboard/client`, as a page uses it, with a record of what its events and promises say. */
export class PageClient implements ChaosClient {
  readonly name: string;
  readonly records: ReadonlyMap<string, RoomRecord>;
  readonly acknowledged = new Map<string, { room: string; offset: number }>();
  readonly refused = new Map<string, string>();
  readonly mistakes: string[] = [];
  connections = 0;
  readonly #client: ChatClient;
  readonly #changes = new Changes();
  readonly #numbers = new Map<string, number>();
  readonly #unanswered = new Set<string>();

  constructor({ name, rooms, ports }: { name: string; rooms: readonly string[]; ports: () => readonly number[] }) {
    this.name = name;
    this.records = new Map(rooms.map((room) => [room, new RoomRecord(room, { ownComeLater: true })]));
    let attempts = 0;
    const url = () => {
      const all = ports();
      return `ws://127.0.0.1:${all[attempts++ % all.length]}/chat`;
    };
    this.#client = new ChatClient(url, { name, maxQueued: 10_000, maxRetryDelay: 1000, firstRetryDelay: 100 });
    this.#client.on('state', ({ status }) => {
      if (status === 'open') this.connections++;
      else for (const record of this.records.values()) record.connectionLost();
      this.#changes.notify();
    });
    this.#client.on('error', (error) => this.#mistake(error));
    for (const [name, record] of this.records) this.#join(name, record);
  }

  get unanswered(): string[] {
    return [...this.#unanswered];
  }

  get isReady(): boolean {
    return [...this.records].every(
      ([room, { position }]) => position !== null && this.#client.rooms.get(room)?.state === 'joined',
    );
  }

  say(room: string): void {
    const number = (this.#numbers.get(room) ?? 0) + 1;
    this.#numbers.set(room, number);
    const text = `${this.name}#${number}`;
    this.#unanswered.add(text);
    this.#client.rooms
      .get(room)!
      .send(text)
      .then(
        ({ key, offset }) => {
          this.acknowledged.set(key!, { room, offset: offset! });
          this.records.get(room)!.sent(key!, text, offset!);
        },
        (error: ChatError) => {
          if (error.code === 'unavailable') this.refused.set(text, error.message);
          else this.#mistake(error);
        },
      )
      .finally(() => {
        this.#unanswered.delete(text);
        this.#changes.notify();
      });
  }

  until(what: string, isSo: () => boolean, patience = 10_000): Promise<void> {
    return this.#changes.until(isSo, patience, () => `${this.name} has waited ${patience} ms in vain until ${what}`);
  }

  async end(): Promise<void> {
    this.#client.close();
  }

  #join(name: string, record: RoomRecord): void {
    const room = this.#client.join(name);
    // It joins before anything happens: the broker is there, and tells the position.
    room.joined().then(
      () => {
        record.joined(room.position, [], false);
        this.#changes.notify();
      },
      (error: ChatError) => this.#mistake(error),
    );
    room.on('state', () => this.#changes.notify());
    room.on('message', ({ key, offset, text = '' }) => {
      record.message({ text, offset, ...(key !== undefined && { key }) });
      this.#changes.notify();
    });
    room.on('placed', ({ key, offset }) => {
      record.placed(key!, offset!);
      this.#changes.notify();
    });
    room.on('gap', ({ position }) => {
      if (position !== null) record.positionTold(position, true);
      this.#changes.notify();
    });
    room.on('error', (error) => this.#mistake(error));
  }

  #mistake({ code, message }: ChatError): void {
    this.mistakes.push(`it got the error ${code}: ${message}`);
  }
}
