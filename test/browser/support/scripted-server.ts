import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { MessageAnswer, Position } from '../../../src/browser/protocol';
import type { Request } from './fake-socket';

/** A server of another make that speaks the chat protocol as docs/chat-protocol.md has it, and does what a test tells it. */
export class ScriptedServer {
  readonly epoch = 'e1';
  readonly log: MessageAnswer<unknown>[] = [];
  readonly requests: Request[] = [];
  /** The URLs of the handshakes. */
  readonly urls: string[] = [];
  /** Answers the next handshakes with this status, where there is one. */
  refusals: number[] = [];
  /** Says nothing any more, as behind a cable that was pulled out. */
  isSilent = false;
  /** Asked before an answer to a message goes out. */
  beforeSent: (request: Request) => boolean = () => true;
  readonly #http = http.createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #inRoom = new Map<WebSocket, string>();

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    return server;
  }

  private constructor() {
    this.#http.on('upgrade', (request, socket, head) => {
      this.urls.push(request.url!);
      const status = this.refusals.shift();
      if (status !== undefined) socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      else this.#sockets.handleUpgrade(request, socket, head, (connection) => this.#serve(connection));
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`;
  }

  get connections(): ReadonlySet<WebSocket> {
    return this.#sockets.clients;
  }

  /** Says something to everybody in the room, as another member. */
  say(text: string): void {
    this.#append({ id: 'other', name: 'Other' }, text, undefined, undefined);
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.terminate();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  get #position(): Position {
    return { epoch: this.epoch, offset: this.log.length };
  }

  #serve(connection: WebSocket): void {
    connection.on('close', () => this.#inRoom.delete(connection));
    connection.on('message', (data) => {
      const request: Request = JSON.parse(String(data));
      this.requests.push(request);
      if (!this.isSilent) this.#answer(connection, request);
    });
  }

  #answer(connection: WebSocket, request: Request): void {
    const { type, id, room, name, since, text, key } = request;
    const member = { id: name!, name: name! };
    if (type === 'join') {
      this.#inRoom.set(connection, name!);
      const missed = since === undefined ? [] : this.log.slice(since.offset);
      const joined = {
        member,
        members: [member],
        count: this.#inRoom.size,
        position: this.#position,
        missed,
        gap: false,
      };
      tell(connection, { type: 'joined', id, room, ...joined });
    } else if (type === 'message') {
      const speaker = this.#inRoom.get(connection)!;
      const known = this.log.find((message) => message.key === key);
      const { offset, at } = known ?? this.#append({ id: speaker, name: speaker }, text!, key, connection);
      if (this.beforeSent(request)) tell(connection, { type: 'sent', id, room, offset, at, key });
    } else {
      tell(connection, { type: 'error', code: 'unknown-type', message: 'Unknown type', request: { type, id } });
    }
  }

  #append(from: { id: string; name: string }, text: string, key: string | undefined, sender: WebSocket | undefined) {
    const message = { from, text, ...(key !== undefined && { key }), offset: this.log.length + 1, at: Date.now() };
    this.log.push(message);
    for (const member of this.#inRoom.keys()) {
      if (member !== sender) tell(member, { type: 'message', room: 'general', ...message });
    }
    return message;
  }
}

function tell(connection: WebSocket, answer: object): void {
  connection.send(JSON.stringify(answer));
}
