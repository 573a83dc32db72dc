import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocketConnection } from '../connection/websocket-connection';
import type { AdapterError } from '../protocol/errors';
import type { Eventually, LogPage, Position } from '../rooms/adapter';
import { run, wait } from '../rooms/steps';
import {
  type ChatContent,
  errorAnswer,
  historyAnswer,
  joinedAnswer,
  leftAnswer,
  pongAnswer,
  sentAnswer,
} from './answers';
import type { Chat } from './chat';
import type { ChatRoom, Seat } from './chat-room';
import type { Invitation } from './invitation';
import { plainOf } from './plain-data';
import { RequestRate } from './request-rate';
import {
  type ChatErrorCode,
  type ChatRequest,
  echoOf,
  type HistoryRequest,
  type JoinRequest,
  type LeaveRequest,
  type MessageRequest,
  parseRequest,
  Refusal,
  type RequestId,
} from './requests';
import { keyOf, messagesOf, newestWithin, ownKeyOf, type Said, type Speaker } from './said';

/** Messages of a page of history, where the client does not say. */
const pageSize = 50;

const onlyTexts = "Messages are texts here: rooms take 'data' with the option 'schema'";

/** So many messages of one connection may be on their way. */
const maxUnanswered = 256;

/** How long, in milliseconds, who says more waits for answers. */
const longestWait = 1000;

/** What a request waits for, if it waits. */
type Steps = Generator<Eventually<unknown>, void, never>;

/** One connection of the chat: carries its requests out one by one, in their order, and answers them. */
export class ChatSession {
  /** Ninety-six random bits: nobody can be taken for somebody else. */
  readonly #connection = randomBytes(12).toString('base64url');
  readonly #memberId: string;
  readonly #chat: Chat;
  readonly #socket: WebSocketConnection;
  readonly #request: IncomingMessage;
  /** By room, in the order of joining: the last one is where messages go that name none. */
  readonly #seats = new Map<string, Seat>();
  readonly #rate: RequestRate;
  #name: string;
  #unanswered = 0;
  #whenAnswered: () => void = () => {};

  constructor(chat: Chat, socket: WebSocketConnection, request: IncomingMessage) {
    this.#chat = chat;
    this.#socket = socket;
    this.#request = request;
    this.#rate = new RequestRate(chat.options.maxRequestsPerSecond);
    this.#memberId = socket.user ?? this.#connection;
    this.#name = `guest-${randomBytes(2).toString('hex')}`;
  }

  start(invitation: Invitation | undefined): void {
    this.#socket.whenClosed(() => this.#end());
    this.#socket.on('message', (data) => this.#receive(data));
    if (invitation !== undefined) {
      this.#proceed(this.#join({ type: 'join', ...invitation, since: undefined, id: undefined }));
    }
  }

  #receive(data: string | Buffer): void {
    const request = parseRequest(data, this.#chat.options);
    if (request instanceof Refusal) this.#send(errorAnswer(request));
    else if (request.type === 'message') this.#message(request);
    else if (request.type === 'leave') this.#leave(request);
    else if (request.type === 'ping') this.#send(pongAnswer(request.id));
    else if (this.#isTooSoon(request)) return;
    else if (request.type === 'join') this.#proceed(this.#join(request));
    else this.#proceed(this.#history(request));
  }

  /** Says so to who asks for more work than it may. */
  #isTooSoon(request: JoinRequest | HistoryRequest): boolean {
    const wait = this.#rate.waitFor();
    if (wait === 0) return false;
    this.#socket.limited('CHAT_REQUEST_RATE');
    const words = `You join rooms and read history too often (maxRequestsPerSecond): ask again in ${wait} seconds`;
    this.#send(errorAnswer(new Refusal('rate-limited', words, echoOf(request), wait)));
    return true;
  }

  *#join(request: JoinRequest): Steps {
    const { room, since } = request;
    const { maxRoomsPerMember } = this.#chat.options;
    if (!this.#seats.has(room) && this.#seats.size >= maxRoomsPerMember) {
      const words = `You are in ${maxRoomsPerMember} rooms, and cannot be in more: leave one before you join another`;
      this.#refuse(request, 'too-many-rooms', words);
      return;
    }
    if (!(yield* wait(this.#chat.mayJoin(this.#socket, room, this.#request)))) {
      this.#refuse(request, 'forbidden', `You may not join the room ${JSON.stringify(room)}`);
      return;
    }
    const found = this.#chat.room(room);
    found.expect();
    try {
      yield* wait(found.settled());
      yield* this.#joinNow(request, found, since);
    } finally {
      found.expected();
    }
    yield* this.#untilRead();
  }

  *#joinNow({ room, name, id }: JoinRequest, found: ChatRoom, since: Position | undefined): Steps {
    const replay = since === undefined ? undefined : yield* found.replay(since);
    const missed = replay?.take(found.feed.position!);
    // Who says no name keeps the one it has in this room, on whatever connection, or else the one it has used last.
    const nameHere = name ?? this.#seats.get(room)?.member.name ?? found.nameOf(this.#memberId) ?? this.#name;
    const member = { id: this.#memberId, name: nameHere };
    const isNew = !this.#seats.has(room);
    const seat = found.seat({ socket: this.#socket, connection: this.#connection, member });
    if (seat === undefined) return;
    if (name !== undefined) this.#name = name;
    // Deleted first, so that it stands behind the others.
    this.#seats.delete(room);
    this.#seats.set(room, seat);
    this.#sendCounted(joinedAnswer(id, found.welcome(this.#socket, seat, since, missed)));
    if (isNew) this.#chat.notify('join', this.#socket, room, member);
  }

  #leave(request: LeaveRequest): void {
    const seat = this.#seatFor(request);
    if (seat === undefined) return;
    this.#seats.delete(seat.room.name);
    seat.room.unseat(this.#socket, this.#connection);
    this.#send(leftAnswer(request.id, seat.room.name));
    this.#chat.notify('leave', this.#socket, seat.room.name, seat.member);
  }

  #message(request: MessageRequest): void {
    const { text } = request;
    const { schema, authorizePublish } = this.#chat.options;
    if (schema !== undefined || authorizePublish !== undefined) this.#proceed(this.#messageSteps(request));
    else if (text !== undefined && this.#unanswered < maxUnanswered) this.#sayNow(request, { text });
    else if (text !== undefined) this.#proceed(this.#sayLater(request, { text }));
    else this.#refuse(request, 'unsupported', onlyTexts);
  }

  *#messageSteps(request: MessageRequest): Steps {
    const seat = this.#seatFor(request);
    if (seat === undefined) return;
    const content = yield* this.#contentOf(request);
    if (content === undefined) return;
    if (yield* wait(this.#chat.mayPublish(this.#socket, seat, content, this.#request))) {
      if (this.#seats.get(seat.room.name) === seat) this.#sayNow({ ...request, room: seat.room.name }, content);
    } else {
      const room = JSON.stringify(seat.room.name);
      this.#refuse(request, 'forbidden', `You may not send this message to the room ${room}`);
    }
  }

  /** What a message holds, as the schema wants it; undefined when it was refused. */
  *#contentOf(request: MessageRequest): Generator<Eventually<unknown>, ChatContent | undefined, never> {
    const { schema } = this.#chat.options;
    const { text, data } = request;
    if (schema === undefined) {
      if (text !== undefined) return { text };
      this.#refuse(request, 'unsupported', onlyTexts);
    } else if (text !== undefined) {
      this.#refuse(request, 'invalid-data', "Messages are not texts here: say it in 'data'");
    } else {
      const verdict = yield* wait(this.#chat.validate(schema, data, this.#socket));
      if (verdict.fault === undefined) return { data: verdict.value };
      this.#refuse(request, 'invalid-data', verdict.fault);
    }
    return undefined;
  }

  /** Who says much at once waits, so that others have their turn; but not for a broker that is away. */
  *#sayLater(request: MessageRequest, content: ChatContent): Steps {
    yield* wait(
      new Promise<void>((resolve) => {
        this.#whenAnswered = resolve;
        setTimeout(resolve, longestWait).unref();
      }),
    );
    this.#sayNow(request, content);
  }

  /** One of its messages was answered. @internal */
  answered(): void {
    this.#unanswered--;
    if (this.#unanswered <= maxUnanswered / 2) this.#whenAnswered();
  }

  #sayNow(request: MessageRequest, content: ChatContent): void {
    const seat = this.#seatFor(request);
    if (seat === undefined) return;
    if (this.#unanswered >= maxUnanswered && this.#chat.isAway) {
      this.#refuse(
        request,
        'unavailable',
        `${maxUnanswered} of your messages wait already: wait until they are answered`,
      );
      return;
    }
    // As it will arrive: what the schema made of it may be no JSON, and may be changed by whoever has it.
    const plain = content.text === undefined ? plainOf(content.data) : undefined;
    if (content.text === undefined && plain === undefined) {
      this.#refuse(request, 'invalid-data', 'The data of this message has no JSON that could be sent');
      return;
    }
    const speaker = new SessionSpeaker(this.#chat, this, this.#socket, request.id, content);
    this.#unanswered++;
    const error = seat.room.say(seat, plain === undefined ? content : { data: plain }, request.key, speaker);
    if (error === undefined) return;
    this.answered();
    this.#refuse(request, 'unavailable', error.message);
  }

  *#history(request: HistoryRequest): Steps {
    const seat = this.#seatFor(request);
    if (seat === undefined) return;
    const { count } = this.#chat.options.shared.history;
    if (count === 0) {
      this.#refuse(request, 'unsupported', "These rooms keep no history: their option 'history' is off");
      return;
    }
    const room = seat.room.name;
    const { since, before, limit = pageSize } = request;
    const query = since ? { since } : { limit: Math.min(limit, count), ...(before !== undefined && { before }) };
    let page: LogPage;
    try {
      page = yield* wait(this.#chat.read(room, query));
    } catch {
      this.#refuse(request, 'unavailable', 'The history cannot be read now: ask again in a while');
      return;
    }
    const { position, entries, more, gap } = page;
    const { newest, isCut } = newestWithin(messagesOf(room, entries), this.#socket.spare / 2);
    const cut = since === undefined ? { more: more || isCut, gap } : { more, gap: gap || isCut };
    this.#sendCounted(historyAnswer(request.id, room, { messages: newest, position, ...cut }));
    yield* this.#untilRead();
  }

  /** Who asks for much is to read it before it asks for more: a few bytes can ask for a megabyte. */
  *#untilRead(): Steps {
    if (this.#socket.isSlow) yield* wait(this.#socket.drained().catch(() => {}));
  }

  /** The seat that a request is about; where there is none, it is answered. */
  #seatFor(request: LeaveRequest | MessageRequest | HistoryRequest): Seat | undefined {
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

  /** Behind what waits for a member that is slow, so that answers and messages keep their order. */
  #send(answer: string): void {
    this.#chat.send(this.#socket, answer);
  }

  /** An answer that may be large. */
  #sendCounted(answer: string): void {
    this.#rate.answered(answer);
    this.#send(answer);
  }

  #refuse(request: ChatRequest, code: ChatErrorCode, words: string): void {
    this.#send(errorAnswer(new Refusal(code, words, echoOf(request))));
  }

  /**
   * Carries a request out: within this call, if nothing has to be waited for. Otherwise what the client asks meanwhile waits
   * in its socket, and is neither overtaken nor in our memory.
   */
  #proceed(steps: Steps): void {
    let isDone = false;
    const socket = this.#socket;
    function* andResume(): Steps {
      try {
        yield* steps;
      } finally {
        if (isDone) socket.resume();
        isDone = true;
      }
    }
    run(andResume(), (error) => socket.failWith(error));
    if (isDone) return;
    isDone = true;
    socket.pause();
  }

  /** The connection is gone, however it went. */
  #end(): void {
    const seats = Array.from(this.#seats.values());
    this.#seats.clear();
    // All seats first: a listener that hears of the one must not find this member in the other.
    for (const { room } of seats) room.unseat(this.#socket, this.#connection);
    for (const { room, member } of seats) this.#chat.notify('leave', this.#socket, room.name, member);
  }
}

/** Tells a client what becomes of its message. */
class SessionSpeaker implements Speaker {
  constructor(
    private readonly chat: Chat,
    private readonly session: ChatSession,
    readonly socket: WebSocketConnection,
    private readonly id: RequestId | undefined,
    /** As the schema made it. */
    private readonly content: ChatContent,
  ) {}

  sent({ room, draft }: Said, offset: number): void {
    this.session.answered();
    this.chat.send(this.socket, sentAnswer(this.id, room, offset, draft.at, ownKeyOf(draft)));
  }

  heard({ room, draft, saying: { from } }: Said, offset: number): void {
    // The object is for listeners only; mostly there are none.
    if (this.chat.listenerCount('message') === 0) return;
    const { at } = draft;
    const key = keyOf(draft);
    const message = { room, from, ...this.content, offset, at, ...(key !== undefined && { key }) };
    this.chat.notify('message', this.socket, message);
  }

  unsent({ room, draft }: Said, { message }: AdapterError): void {
    this.session.answered();
    const key = ownKeyOf(draft);
    const request = {
      type: 'message',
      room,
      ...(this.id !== undefined && { id: this.id }),
      ...(key !== undefined && { key }),
    };
    this.chat.send(this.socket, errorAnswer(new Refusal('unavailable', message, request)));
  }
}
