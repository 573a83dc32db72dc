import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { errorAnswer, joinedAnswer, leftAnswer, sentAnswer } from './answers';
import type { Chat } from './chat';
import type { Seat } from './chat-room';
import type { Invitation } from './invitation';
import type { Verdict } from './options';
import {
  type ChatErrorCode,
  type ChatRequest,
  echoOf,
  type JoinRequest,
  type LeaveRequest,
  type MessageRequest,
  parseRequest,
  Refusal,
} from './requests';

/** One connection of the chat: carries its requests out one by one, in their order, and answers them. */
export class ChatSession {
  /** Ninety-six random bits: nobody can be taken for somebody else. */
  readonly #id = randomBytes(12).toString('base64url');
  readonly #chat: Chat;
  readonly #socket: WebSocketConnection;
  readonly #request: IncomingMessage;
  /** By room, in the order of joining: the last one is where messages go that name none. */
  readonly #seats = new Map<string, Seat>();
  #name: string;

  constructor(chat: Chat, socket: WebSocketConnection, request: IncomingMessage) {
    this.#chat = chat;
    this.#socket = socket;
    this.#request = request;
    this.#name = `guest-${randomBytes(2).toString('hex')}`;
  }

  start(invitation: Invitation | undefined): void {
    this.#socket.whenClosed(() => this.#end());
    this.#socket.on('message', (data) => this.#receive(data));
    if (invitation !== undefined) this.#join({ type: 'join', ...invitation, since: undefined, id: undefined });
  }

  #receive(data: string | Buffer): void {
    const request = parseRequest(data, this.#chat.options);
    if (request instanceof Refusal) this.#socket.send(errorAnswer(request));
    else if (request.type === 'message') this.#message(request);
    else if (request.type === 'join') this.#join(request);
    else if (request.type === 'leave') this.#leave(request);
    else this.#refuse(request, 'unsupported', 'These rooms keep no history');
  }

  #join(request: JoinRequest): void {
    const { room } = request;
    const { maxRoomsPerMember } = this.#chat.options;
    if (!this.#seats.has(room) && this.#seats.size >= maxRoomsPerMember) {
      const words = `You are in ${maxRoomsPerMember} rooms, and cannot be in more: leave one before you join another`;
      this.#refuse(request, 'too-many-rooms', words);
      return;
    }
    this.#when(this.#chat.mayJoin(this.#socket, room, this.#request), (allowed) => {
      if (allowed) this.#joinNow(request);
      else this.#refuse(request, 'forbidden', `You may not join the room ${JSON.stringify(room)}`);
    });
  }

  #joinNow({ room, name, since, id }: JoinRequest): void {
    // Who says no name keeps the one it has in this room, or else the one it has used last.
    if (name !== undefined) this.#name = name;
    const member = { id: this.#id, name: name ?? this.#seats.get(room)?.member.name ?? this.#name };
    const isNew = !this.#seats.has(room);
    const seat = this.#chat.enter(this.#socket, room, member);
    if (seat === undefined) return;
    // Deleted first, so that it stands behind the others.
    this.#seats.delete(room);
    this.#seats.set(room, seat);
    this.#socket.send(joinedAnswer(id, seat.room.welcome(seat, since, this.#chat.options.maxMembersListed)));
    if (isNew) this.#chat.notify('join', this.#socket, room, member);
  }

  #leave(request: LeaveRequest): void {
    const seat = this.#seatFor(request);
    if (seat === undefined) return;
    this.#seats.delete(seat.room.name);
    this.#chat.exit(this.#socket, seat);
    this.#socket.send(leftAnswer(request.id, seat.room.name));
    this.#chat.notify('leave', this.#socket, seat.room.name, seat.member);
  }

  #message(request: MessageRequest): void {
    const seat = this.#seatFor(request);
    if (seat === undefined) return;
    const { text } = request;
    this.#when(this.#chat.mayPublish(this.#socket, seat, text, this.#request), (allowed) => {
      const room = seat.room.name;
      if (!allowed) {
        this.#refuse(request, 'forbidden', `You may not send this message to the room ${JSON.stringify(room)}`);
      } else if (this.#seats.get(room) === seat) {
        this.#say(request, seat);
      }
    });
  }

  #say({ id, text }: MessageRequest, { room, member, head }: Seat): void {
    const { offset, at } = room.say(this.#socket, head, text);
    this.#socket.send(sentAnswer(id, room.name, offset, at));
    // The object is for listeners only; mostly there are none.
    if (this.#chat.listenerCount('message') === 0) return;
    this.#chat.notify('message', this.#socket, { room: room.name, from: member, text, offset, at });
  }

  /** The seat that a request is about; where there is none, it is answered. */
  #seatFor(request: LeaveRequest | MessageRequest): Seat | undefined {
    const { room } = request;
    const seat = room === undefined ? Array.from(this.#seats.values()).at(-1) : this.#seats.get(room);
    if (seat !== undefined) return seat;
    const words =
      room === undefined
        ? 'You are in no room: join one first'
        : `You are not in the room ${JSON.stringify(room)}: join it first`;
    this.#refuse(request, 'not-joined', words);
    return undefined;
  }

  #refuse(request: ChatRequest, code: ChatErrorCode, words: string): void {
    this.#socket.send(errorAnswer(new Refusal(code, words, echoOf(request))));
  }

  /** Goes on when the verdict is there: at once if it is, so that rooms without hooks, or with quick ones, wait for nothing. */
  #when(verdict: Verdict, proceed: (allowed: boolean) => void): void {
    if (typeof verdict === 'boolean') {
      proceed(verdict);
      return;
    }
    // What the client asks meanwhile waits in its socket, and is neither overtaken nor in our memory.
    this.#socket.pause();
    verdict
      .then((allowed) => {
        proceed(allowed);
        this.#socket.resume();
      })
      .catch((error) => this.#socket.failWith(error));
  }

  /** The connection is gone, however it went. */
  #end(): void {
    const seats = Array.from(this.#seats.values());
    this.#seats.clear();
    // All seats first: a listener that hears of the one must not find this member in the other.
    for (const seat of seats) this.#chat.exit(this.#socket, seat);
    for (const { room, member } of seats) this.#chat.notify('leave', this.#socket, room.name, member);
  }
}
