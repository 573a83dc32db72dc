import { ReconnectingSocket } from './reconnecting-socket.mjs';

/** How long, in milliseconds, the server may take to confirm a message before the connection is believed dead. */
const CONFIRM_WITHIN = 10_000;

/** One chat room, as this page sees it. */
class Room {
  /** The server has said that we are in. False while the connection is away. */
  joined = false;
  /** Who we are in this room: `{ id, name }`. */
  me = null;
  /** Those in it, by id. The server lists a limited number of a crowd; `count` is how many there are. */
  members = new Map();
  count = 0;
  /** Our messages that the server has not confirmed yet, in order. */
  outgoing = [];
  /** The last message seen: `{ epoch, offset }`. */
  position = null;
  /** The id of our last request to join. */
  joinId = 0;
  unread = 0;
  draft = '';

  constructor(name) {
    this.name = name;
  }
}

/**
 * The chat protocol: JSON texts over one WebSocket. When the connection was lost it joins its rooms again, and says what
 * it has seen last.
 *
 * A message is `{ room, from, text, at, own, status }`. Its status is `waiting` (no connection yet), `sending`, `sent`,
 * `unconfirmed` (the connection was lost before the answer) or `refused`.
 *
 * Events, each with its `detail`: `connection` (`{ open, retryAt }`), `room` (a room changed), `message`, `status` (of a
 * message), `presence` (`{ room, joins, leaves }`), `gap` (`{ room }`), `refused` (`{ room }`: a room that did not let us
 * in), `problem` (a text), `protocol` (the name of the one that carries the WebSocket).
 */
export class ChatClient extends EventTarget {
  /** The rooms that we are in or want to be in, by name. */
  rooms = new Map();
  open = false;
  name;
  #socket;
  #lastId = 0;

  constructor(url, name) {
    super();
    this.name = name;
    this.#socket = new ReconnectingSocket(url);
    this.#socket.addEventListener('open', () => this.#opened());
    this.#socket.addEventListener('lost', ({ detail }) => this.#lost(detail.retryAt));
    this.#socket.addEventListener('text', ({ detail }) => this.#received(JSON.parse(detail)));
  }

  /** Joins a room, now or when there is a connection. */
  join(name) {
    let room = this.rooms.get(name);
    if (room === undefined) {
      room = new Room(name);
      this.rooms.set(name, room);
      this.#askToJoin(room);
    }
    this.#emit('room', room);
    return room;
  }

  leave(room) {
    for (const message of room.outgoing) clearTimeout(message.timer);
    this.rooms.delete(room.name);
    this.#send({ type: 'leave', room: room.name });
    this.#emit('room', room);
  }

  /** Takes another name, by joining each room again with it. */
  rename(name) {
    this.name = name;
    for (const room of this.rooms.values()) this.#askToJoin(room);
  }

  /** Says something. It is sent when there is a connection, and its `status` tells how far it has come. */
  say(room, text) {
    const from = room.me ?? { id: null, name: this.name };
    const message = { room: room.name, from, text, at: new Date(), own: true, status: 'waiting' };
    room.outgoing.push(message);
    this.#emit('message', message);
    this.#sendWaiting(room);
  }

  /** Sends a message again that was not confirmed. */
  sayAgain(message) {
    this.#setStatus(message, 'waiting');
    const room = this.rooms.get(message.room);
    if (room !== undefined) this.#sendWaiting(room);
  }

  /** Dials at once rather than when the next attempt is due. */
  retryNow() {
    this.#socket.retryNow();
  }

  #opened() {
    this.open = true;
    this.#emit('connection', { open: true });
    for (const room of this.rooms.values()) this.#askToJoin(room);
  }

  #lost(retryAt) {
    this.open = false;
    for (const room of this.rooms.values()) {
      room.joined = false;
      for (const message of room.outgoing) {
        clearTimeout(message.timer);
        // It may have arrived or not, and only the server knows. A person decides whether to send it again.
        if (message.status === 'sending') this.#setStatus(message, 'unconfirmed');
      }
    }
    this.#emit('connection', { open: false, retryAt });
  }

  #askToJoin(room) {
    room.joinId = ++this.#lastId;
    this.#send({ type: 'join', room: room.name, name: this.name, since: room.position, id: room.joinId });
  }

  #sendWaiting(room) {
    if (!room.joined) return;
    for (const message of room.outgoing.filter(({ status }) => status === 'waiting')) {
      message.id = ++this.#lastId;
      message.timer = setTimeout(() => this.#socket.drop(), CONFIRM_WITHIN);
      this.#setStatus(message, 'sending');
      this.#send({ type: 'message', room: room.name, text: message.text, id: message.id });
    }
  }

  #received(answer) {
    const room = this.rooms.get(answer.room);
    // An answer about a room that we have left meanwhile has nobody to tell, except when it is an error.
    if (answer.type === 'error') this.#refused(answer);
    else if (answer.type === 'protocol') this.#emit('protocol', answer.name);
    else if (room === undefined) return;
    else if (answer.type === 'joined') this.#joined(room, answer);
    else if (answer.type === 'message') this.#said(room, answer);
    else if (answer.type === 'sent') this.#confirmed(room, answer);
    else if (answer.type === 'presence') this.#presence(room, answer);
  }

  #joined(room, { member, members, count, position, missed, gap }) {
    const before = { me: room.me, position: room.position };
    room.joined = true;
    room.me = member;
    room.members = new Map([...members, member].map((each) => [each.id, each]));
    room.count = count;
    if (before.position !== null && gap) this.#emit('gap', { room });
    if (before.position?.epoch !== position.epoch) room.position = null;
    for (const message of missed) {
      if (message.from.id === before.me?.id) this.#saidByUs(room, message);
      else this.#said(room, message);
    }
    room.position = position;
    this.#emit('room', room);
    this.#sendWaiting(room);
  }

  #said(room, { from, text, at, offset }) {
    // A message can be on its way while we ask what we missed, and then comes twice.
    if (room.position && offset <= room.position.offset) return;
    if (room.position) room.position.offset = offset;
    this.#emit('message', { room: room.name, from, text, at: new Date(at), offset, own: false, status: 'sent' });
  }

  /** What we said on the connection that was lost: one of the unconfirmed messages did arrive. */
  #saidByUs(room, { text, at, offset }) {
    const message = room.outgoing.find((each) => each.status === 'unconfirmed' && each.text === text);
    if (message !== undefined) this.#confirmed(room, { id: message.id, at, offset });
  }

  #confirmed(room, { id, at, offset }) {
    const message = room.outgoing.find((each) => each.id === id);
    if (message === undefined) return;
    room.outgoing.splice(room.outgoing.indexOf(message), 1);
    clearTimeout(message.timer);
    if (room.position) room.position.offset = Math.max(room.position.offset, offset);
    Object.assign(message, { at: new Date(at), offset, from: room.me });
    this.#setStatus(message, 'sent');
  }

  #presence(room, { joins, leaves }) {
    for (const member of leaves) room.members.delete(member.id);
    for (const member of joins) room.members.set(member.id, member);
    room.count += joins.length - leaves.length;
    this.#emit('presence', { room, joins, leaves });
    this.#emit('room', room);
  }

  #refused({ message: text, request }) {
    const id = request?.id;
    for (const room of this.rooms.values()) {
      if (room.joinId === id) {
        this.rooms.delete(room.name);
        this.#emit('refused', { room });
      }
      const message = room.outgoing.find((each) => each.id === id);
      if (message !== undefined) {
        clearTimeout(message.timer);
        this.#setStatus(message, 'refused');
      }
    }
    this.#emit('problem', text);
  }

  #setStatus(message, status) {
    message.status = status;
    this.#emit('status', message);
  }

  #send(request) {
    return this.#socket.send(JSON.stringify(request));
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
