import { MessageLog } from './message-log.mjs';

/** How many earlier messages are read at once. */
const PAGE_SIZE = 50;

/** Codes of errors behind which a message may have arrived all the same. */
const UNCERTAIN = ['unconfirmed', 'unavailable'];

/**
 * A room that this page is in: the client's room, and what the page shows of it.
 *
 * The page is told by its methods `received(conversation, message)`, which adds the message to the log,
 * `presence(conversation, change)`, `changed(conversation)`, `closed(conversation, error)` and `problem(text)`.
 */
export class Conversation {
  unread = 0;
  draft = '';
  #page;
  /** Our messages that have no place in the log yet. */
  #underWay = new Set();
  #isReading = false;
  #hasRead = false;

  /** @param room what `client.join()` gave */
  constructor(room, page) {
    this.room = room;
    this.#page = page;
    this.log = new MessageLog({
      sendAgain: (message) => this.#send(message),
      readEarlier: () => this.readEarlier(),
    });
    room.on('state', (state) => this.#stateChanged(state));
    room.on('message', (message) => page.received(this, message));
    room.on('placed', (message) => this.log.update(message));
    room.on('gap', () => this.log.gap());
    room.on('presence', (change) => {
      page.presence(this, change);
      page.changed(this);
    });
    room.on('error', (error) => page.closed(this, error));
    this.#stateChanged(room.state);
  }

  get name() {
    return this.room.name;
  }

  /** Who we are in this room: `{ id, name }`, or null. */
  get me() {
    return this.room.member;
  }

  get members() {
    return this.room.members;
  }

  get count() {
    return this.room.count;
  }

  get isJoined() {
    return this.room.state === 'joined';
  }

  /** Says something. It is sent when there is a connection, and its status in the log tells how far it has come. */
  say(text, name) {
    const from = this.me ?? { id: null, name };
    const message = { from, text, at: Date.now(), epoch: null, offset: null, own: true };
    this.#send(message);
    this.#page.received(this, message);
  }

  /** Reads what was said before the oldest message that is shown, if it is known that there is something. */
  async readEarlier() {
    if (this.#isReading || (this.#hasRead && !this.log.hasEarlier)) return;
    this.#isReading = true;
    this.log.showReading();
    try {
      await this.room.joined();
      if (this.room.position === null) this.log.showNotRead();
      else await this.#read();
    } catch (error) {
      if (error.code !== 'closed') this.log.showNotRead();
    }
    this.#isReading = false;
  }

  /** Reads what was said before we came, if that could not be done yet: the servers' broker was away, and is not now. */
  catchUp() {
    if (this.isJoined && !this.#hasRead) this.readEarlier();
  }

  leave() {
    this.room.leave();
  }

  async #read() {
    const { oldest } = this.log;
    const { messages, more } = await this.room.history({ limit: PAGE_SIZE, ...(oldest && { before: oldest }) });
    this.log.addEarlier(messages, { more, isFirst: !this.#hasRead });
    this.#hasRead = true;
  }

  #stateChanged(state) {
    // The client sends by itself what waits, and again what was under way.
    for (const message of this.#underWay) this.#setStatus(message, state === 'joined' ? 'sending' : 'waiting');
    if (state === 'joined' && !this.#hasRead) this.readEarlier();
    this.#page.changed(this);
  }

  async #send(message) {
    this.#underWay.add(message);
    this.#setStatus(message, this.isJoined ? 'sending' : 'waiting');
    try {
      const { from, at, epoch, offset } = await this.room.send(message.text);
      Object.assign(message, { from, at, epoch, offset });
      this.#setStatus(message, 'sent');
    } catch (error) {
      this.#setStatus(message, UNCERTAIN.includes(error.code) ? 'unconfirmed' : 'refused');
      if (error.code !== 'closed') this.#page.problem(error.message);
    }
    this.#underWay.delete(message);
  }

  #setStatus(message, status) {
    message.status = status;
    this.log.update(message);
  }
}
