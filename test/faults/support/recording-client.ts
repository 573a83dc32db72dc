import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import type { Position } from '../../../src/rooms/adapter';
import { Changes } from './changes';
import type { ChaosClient } from './chaos-client';
import { type ChatMessageLike, RoomRecord } from './room-record';

/** What the server says, all kinds of it. */
export interface ServerMessage extends Partial<ChatMessageLike> {
  readonly type: string;
  readonly id?: string | number;
  readonly room?: string;
  readonly position?: Position | null;
  readonly missed?: readonly ChatMessageLike[];
  readonly gap?: boolean;
  readonly count?: number;
  readonly members?: readonly { readonly id: string; readonly name: string }[];
  readonly joins?: readonly { readonly id: string; readonly name: string }[];
  readonly leaves?: readonly { readonly id: string; readonly name: string }[];
  readonly messages?: readonly ChatMessageLike[];
  readonly more?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly request?: { readonly id?: string | number; readonly type?: string };
}

interface Pending {
  readonly room: string;
  readonly text: string;
}

export interface RecordingClientOptions {
  readonly name: string;
  readonly rooms: readonly string[];
  /** The ports of the nodes, the one to begin with first; asked at each attempt. */
  readonly ports: () => readonly number[];
  /** Told of everything that comes. */
  readonly onMessage?: (message: ServerMessage) => void;
}

const firstWait = 50;
const longestWait = 1000;

/**
 * A client of the chat protocol, of its own, that keeps what comes, comes back when its connection is lost, with `since`, and
 * says again, with the same key, what was not acknowledged.
 */
export class RecordingClient implements ChaosClient {
  readonly name: string;
  readonly records: ReadonlyMap<string, RoomRecord>;
  readonly acknowledged = new Map<string, { room: string; offset: number }>();
  /** What was answered with `unavailable`, by key: what the answer says. */
  readonly refused = new Map<string, string>();
  readonly mistakes: string[] = [];
  /** How often a connection was opened. */
  connections = 0;
  readonly #options: RecordingClientOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #joined = new Set<string>();
  readonly #numbers = new Map<string, number>();
  #socket: WebSocket | undefined;
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  readonly #changes = new Changes();

  constructor(options: RecordingClientOptions) {
    this.#options = options;
    this.name = options.name;
    this.records = new Map(options.rooms.map((room) => [room, new RoomRecord(room)]));
    this.#open();
  }

  get unanswered(): string[] {
    return [...this.#pending.keys()];
  }

  /** The port of the node that it is connected to; undefined while it is not. */
  get port(): number | undefined {
    return this.#socket?.readyState === WebSocket.OPEN ? Number(new URL(this.#socket.url).port) : undefined;
  }

  /** It is in all of its rooms, and knows where they are. */
  get isReady(): boolean {
    return (
      this.#joined.size === this.records.size && [...this.records.values()].every(({ position }) => position !== null)
    );
  }

  /** Says something that has not been said in this room before; returns its key. */
  say(room: string): string {
    const number = (this.#numbers.get(room) ?? 0) + 1;
    this.#numbers.set(room, number);
    const key = randomBytes(9).toString('base64url');
    const pending = { room, text: `${this.name}#${number}` };
    this.#pending.set(key, pending);
    if (this.#joined.has(room)) this.#sendMessage(key, pending);
    return key;
  }

  /** Says something again that another client has said with this key, as one does that comes back by another connection. */
  sayAgain(room: string, key: string, text: string): void {
    this.#pending.set(key, { room, text });
    this.#sendMessage(key, { room, text });
  }

  /**
   * Resolves when this is so; looked at whenever something has come.
   *
   * @throws Error when it is not so after `patience` milliseconds
   */
  until(what: string, isSo: () => boolean, patience = 10_000): Promise<void> {
    return this.#changes.until(isSo, patience, () => `${this.name} has waited ${patience} ms in vain until ${what}`);
  }

  /** Breaks the connection off, as a network does; it comes back. */
  breakOff(): void {
    this.#socket?.terminate();
  }

  /** Leaves for good. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.close();
    });
  }

  #open(): void {
    const ports = this.#options.ports();
    const port = ports[this.#attempts % ports.length]!;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('open', () => {
      this.connections++;
      for (const [room, { position }] of this.records) {
        this.#send({ type: 'join', room, name: this.name, ...(position && { since: position }) });
      }
    });
    socket.on('message', (data) => {
      this.#take(JSON.parse(String(data)) as ServerMessage);
      this.#changes.notify();
    });
    // Why it could not be opened, or was lost: 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#joined.clear();
      for (const record of this.records.values()) record.connectionLost();
      this.#changes.notify();
      if (!this.#ended) this.#comeBack();
    });
  }

  #comeBack(): void {
    this.#attempts++;
    const wait = Math.random() * Math.min(longestWait, firstWait * 2 ** Math.min(this.#attempts, 8));
    this.#timer = setTimeout(() => this.#open(), wait);
  }

  #take(message: ServerMessage): void {
    this.#options.onMessage?.(message);
    const { type, room = '', position, gap = false } = message;
    const record = this.records.get(room);
    switch (type) {
      case 'joined':
        record?.joined(position ?? null, message.missed ?? [], gap);
        this.#joined.add(room);
        for (const [key, pending] of this.#pending) if (pending.room === room) this.#sendMessage(key, pending);
        break;
      case 'message':
        record?.message(message as ChatMessageLike);
        break;
      case 'placed':
        record?.placed(message.key!, message.offset!);
        break;
      case 'position':
        if (position) record?.positionTold(position, gap);
        break;
      case 'sent':
        this.#sent(message);
        break;
      case 'error':
        this.#refused(message);
        break;
    }
  }

  #sent({ key, room, offset }: ServerMessage): void {
    const pending = this.#pending.get(key!);
    if (pending === undefined || typeof offset !== 'number') {
      this.mistakes.push(`${key} was acknowledged at ${offset}, and was not waiting for that`);
      return;
    }
    this.#pending.delete(key!);
    this.acknowledged.set(key!, { room: room!, offset });
    this.records.get(pending.room)!.sent(key!, pending.text, offset);
  }

  #refused({ code, message, request }: ServerMessage): void {
    const key = String(request?.id);
    if (code === 'unavailable' && this.#pending.delete(key)) this.refused.set(key, message!);
    else this.mistakes.push(`it got the error ${code}: ${message}`);
  }

  #sendMessage(key: string, { room, text }: Pending): void {
    this.#send({ type: 'message', room, text, key, id: key });
  }

  #send(request: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }
}
