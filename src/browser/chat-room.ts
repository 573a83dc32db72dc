import { ChatError } from './chat-error';
import type { ChatMessage } from './chat-message';
import { Emitter } from './emitter';
import { Outbox, type Outgoing } from './outbox';
import {
  type ChatMember,
  type HistoryAnswer,
  type JoinedAnswer,
  type MessageAnswer,
  newKey,
  type Position,
  type RoomAnswer,
  type SentAnswer,
} from './protocol';
import type { ChatRoomEvents, HistoryPage, HistoryQuery, JoinOptions, RoomState } from './room-types';
import { Timeline } from './timeline';

/** What a room needs of its client. */
export interface RoomLink {
  readonly name: string | undefined;
  readonly isOpen: boolean;
  /** Whether one more message may wait. */
  readonly hasSpace: boolean;
  readonly maxQueued: number;
  ask(
    request: string,
    owed: { answered(answer: unknown): void; refused(error: ChatError): void; lost(): void; isVain?(): boolean },
  ): void;
  gone(room: { readonly name: string }): void;
}

/** How many of our ids are remembered: without identified users each connection has another. */
const maxOwnIds = 100;

const ignore = () => {};

/** A room that was joined with `client.join()`. */
export class ChatRoom<Data = unknown> extends Emitter<ChatRoomEvents<Data>> {
  readonly #link: RoomLink;
  readonly #timeline: Timeline<Data>;
  readonly #outbox = new Outbox<Data>();
  readonly #ownIds = new Set<string>();
  #state: RoomState = 'joining';
  #error: ChatError | undefined;
  #member: ChatMember | null = null;
  #members = new Map<string, ChatMember>();
  #count = 0;
  /** Whether what is said goes out at once: what waited was sent before it. */
  #isFlushed = false;
  /** Whether the room's state was asked for, because messages were dropped. */
  #isRefreshing = false;
  #waiters: { resolve(room: ChatRoom<Data>): void; reject(error: ChatError): void }[] = [];

  /** @internal */
  constructor(
    readonly name: string,
    { since }: JoinOptions,
    link: RoomLink,
  ) {
    super(['state', 'message', 'placed', 'presence', 'gap', 'error']);
    this.#link = link;
    this.#timeline = new Timeline(since ?? null);
  }

  get state(): RoomState {
    return this.#state;
  }

  /** Why it is closed. */
  get error(): ChatError | undefined {
    return this.#error;
  }

  /** Who we are here; null before we were here. */
  get member(): ChatMember | null {
    return this.#member;
  }

  /** Who is in the room, by id, as was known last; the server may list only some of many. */
  get members(): ReadonlyMap<string, ChatMember> {
    return this.#members;
  }

  /** How many are in the room, listed or not. */
  get count(): number {
    return this.#count;
  }

  /** What was seen last. Kept, and given to `client.join(name, { since })` later, it brings what was missed. */
  get position(): Position | null {
    return this.#timeline.position;
  }

  /**
   * @returns the room, when it is joined
   * @throws ChatError when we are refused, or leave
   */
  joined(): Promise<ChatRoom<Data>> {
    if (this.#state === 'joined') return Promise.resolve(this);
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) reject(this.#error);
      else this.#waiters.push({ resolve, reject });
    });
  }

  /**
   * Says something: a string as text, anything else as data. Without a connection it waits for one; when the connection is
   * lost before the answer, it is sent again, and is in the room once.
   *
   * @returns the message, when the server has put it into the room's log
   * @throws ChatError when the server refuses it, or with one of the client's own codes
   */
  async send(content: string | Data): Promise<ChatMessage<Data>> {
    if (this.#error !== undefined) throw this.#error;
    if (!this.#isFlushed && !this.#link.hasSpace) {
      throw new ChatError('queue-full', `Not joined, and maxQueued lets ${this.#link.maxQueued} messages wait`);
    }
    const said = typeof content === 'string' ? { text: content } : { data: content };
    const key = newKey();
    const request = JSON.stringify({ type: 'message', room: this.name, key, ...said });
    return new Promise((resolve, reject) => {
      const giveUp = (error: ChatError) => {
        this.#outbox.take(key);
        reject(error);
      };
      const message: Outgoing<Data> = { key, content: said, request, isUnderWay: false, resolve, giveUp };
      this.#outbox.add(message);
      if (this.#isFlushed) this.#transmit(message);
    });
  }

  /**
   * Reads what was said, page by page: first without `before`, then with the oldest message of the page that came. Without
   * a connection it waits for one.
   *
   * @throws ChatError when the server refuses, or the room is closed
   */
  async history({ before, since, limit }: HistoryQuery = {}): Promise<HistoryPage<Data>> {
    for (;;) {
      await this.joined();
      // Left, closed or lost behind that promise's back: the next one says so.
      if (!this.#isHere) continue;
      const { start } = this.#timeline;
      const earlier = since === undefined && start !== null ? { ...start, offset: start.offset + 1 } : undefined;
      const query = { type: 'history', room: this.name, before: place(before) ?? earlier, since: place(since), limit };
      const answer = await new Promise<HistoryAnswer<Data> | undefined>((resolve, reject) => {
        this.#link.ask(JSON.stringify(query), {
          answered: (page) => resolve(page as HistoryAnswer<Data>),
          refused: reject,
          lost: () => resolve(undefined),
          isVain: () => this.#state === 'closed',
        });
      });
      if (answer === undefined) continue;
      const { position, more, gap } = answer;
      return { messages: answer.messages.map((said) => this.#message(said, position.epoch)), more, gap, position };
    }
  }

  /** Leaves the room. What waits to be sent is rejected; joining again is up to `client.join()`, which gives another object. */
  leave(): void {
    if (this.#link.isOpen && this.#state !== 'closed') {
      const request = JSON.stringify({ type: 'leave', room: this.name });
      this.#link.ask(request, { answered: ignore, refused: ignore, lost: ignore });
    }
    this.#end(new ChatError('closed', `The room ${this.name} was left`), true);
  }

  /** @internal How many messages were never sent. */
  get queued(): number {
    return this.#outbox.waiting;
  }

  /** @internal The longest message that the server may have had and has not answered. */
  get longest(): Outgoing<Data> | undefined {
    return this.#outbox.longest;
  }

  /** @internal There is a connection. */
  opened(): void {
    this.#join((error) => {
      if (error === undefined || this.#state !== 'joining') return;
      this.#end(error, true);
      this.emit('error', error);
    });
  }

  /** @internal There is none any more. */
  lost(isForGood: boolean): void {
    this.#isFlushed = false;
    this.#outbox.lost();
    if (isForGood) this.#end(new ChatError('closed', 'The client is closed'), false);
    else if (this.#state === 'joined') this.#enter('joining');
  }

  /** @internal The client was closed, and begins anew. */
  revived(): void {
    this.#error = undefined;
    this.#enter('joining');
  }

  /** @internal Joins again, with the client's new name. */
  rename(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#link.isOpen) resolve();
      else this.#join((error) => (error === undefined ? resolve() : reject(error)));
    });
  }

  /** @internal */
  received(answer: RoomAnswer<Data>): void {
    // Before `joined` it is for whoever had this connection's seat before, and comes among what was missed.
    if (this.#state !== 'joined') return;
    switch (answer.type) {
      case 'message':
        this.#said(answer);
        break;
      case 'placed':
        this.#placed(answer.key, answer.offset, answer.at);
        break;
      case 'presence':
        this.#present(answer.joins, answer.leaves, answer.count);
        break;
      case 'position':
        this.#moved(answer.position, answer.gap);
        break;
      case 'left': {
        const error = new ChatError('closed', `The server took us out of the room ${this.name}`);
        this.#end(error, true);
        this.emit('error', error);
      }
    }
  }

  #join(settled: (error?: ChatError) => void, since = this.#timeline.position): void {
    const request = { type: 'join', room: this.name, name: this.#link.name, since: since ?? undefined };
    this.#link.ask(JSON.stringify(request), {
      answered: (answer) => {
        this.#joined(answer as JoinedAnswer<Data>, since);
        settled();
      },
      refused: settled,
      lost: settled,
      isVain: () => this.#state === 'closed',
    });
  }

  #joined(answer: JoinedAnswer<Data>, since: Position | null): void {
    if (this.#state === 'closed') return;
    const { member, members, count, position, missed, gap } = answer;
    const before = this.#members;
    const isRejoin = this.#isHere;
    const isRecounted = count !== this.#count;
    this.#member = member;
    this.#ownIds.add(member.id);
    if (this.#ownIds.size > maxOwnIds) this.#ownIds.delete([...this.#ownIds][0]!);
    this.#members = new Map([member, ...members].map((each) => [each.id, each]));
    this.#count = count;
    this.#enter('joined');
    if (isRejoin) {
      const [joins, leaves] = [newIn(this.#members, before), newIn(before, this.#members)];
      if (joins.length + leaves.length > 0 || isRecounted) this.emit('presence', { joins, leaves });
    }
    if (gap && since !== null) this.emit('gap', { since, position });
    if (!this.#isHere) return;
    this.#timeline.rejoined(answer);
    for (const said of missed) {
      this.#said(said);
      if (!this.#isHere) return;
    }
    this.#timeline.moved(position, false);
    this.#isFlushed = true;
    for (const message of this.#outbox.unsent()) this.#transmit(message);
    for (const { resolve } of this.#waiters.splice(0)) resolve(this);
  }

  /** Listeners may have left meanwhile, or closed the client: what they have not got, they have to get later. */
  get #isHere(): boolean {
    return this.#state === 'joined';
  }

  #said(answer: MessageAnswer<Data>): void {
    const { key, offset, at } = answer;
    // One of ours, which the server had before the connection was lost: without a place it is not acknowledged.
    if (offset === null && this.#outbox.has(key)) return;
    const outgoing = this.#outbox.take(key);
    const isNew = this.#timeline.pass(offset);
    if (outgoing) this.#acknowledge(outgoing, offset!, at);
    else if (this.#timeline.expects(key)) this.#placed(key!, offset, at);
    else if (isNew) {
      const message = this.#message(answer, this.position?.epoch ?? null);
      this.#timeline.expectPlace(message);
      this.emit('message', message);
    }
  }

  #placed(key: string, offset: number | null, at: number): void {
    if (offset === null) return;
    this.#timeline.pass(offset);
    const outgoing = this.#outbox.take(key);
    if (outgoing) this.#acknowledge(outgoing, offset, at);
    const message = this.#timeline.place(key, offset, at);
    if (message) this.emit('placed', message);
  }

  #present(joins: readonly ChatMember[], leaves: readonly ChatMember[], count: number): void {
    for (const { id } of leaves) this.#members.delete(id);
    for (const member of joins) {
      this.#members.set(member.id, member);
      if (member.id === this.#member?.id) this.#member = member;
    }
    this.#count = count ?? this.#count + joins.length - leaves.length;
    this.emit('presence', { joins, leaves });
  }

  #moved(position: Position | null, gap: boolean): void {
    const since = this.position;
    this.#timeline.moved(position, gap);
    if (gap && since !== null) this.emit('gap', { since, position });
    if (position === null && gap && this.#isHere) this.#refresh();
  }

  /**
   * Who came and went may be among what was dropped, so it asks who is there. Not for the messages: who is too slow for them
   * would get them all again, behind those that follow. One answer is for all that was dropped before it.
   */
  #refresh(): void {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    this.#join(() => {
      this.#isRefreshing = false;
    }, null);
  }

  #transmit(message: Outgoing<Data>): void {
    message.firstSentAt ??= Date.now();
    message.isUnderWay = true;
    this.#link.ask(message.request, {
      answered: (answer) => {
        const { offset, at } = answer as SentAnswer;
        this.#timeline.pass(offset);
        if (this.#outbox.take(message.key)) this.#acknowledge(message, offset, at);
      },
      refused: message.giveUp,
      lost: ignore,
    });
  }

  #acknowledge({ key, content, resolve }: Outgoing<Data>, offset: number, at: number): void {
    const epoch = this.position?.epoch ?? null;
    resolve({ room: this.name, from: this.#member!, ...content, key, epoch, offset, at, own: true });
  }

  #message({ from, text, data, key, offset, at }: MessageAnswer<Data>, epoch: string | null): ChatMessage<Data> {
    return {
      room: this.name,
      from,
      ...(text !== undefined && { text }),
      ...(data !== undefined && { data }),
      ...(key !== undefined && { key }),
      epoch,
      offset,
      at,
      own: this.#ownIds.has(from.id),
    };
  }

  #end(error: ChatError, isGone: boolean): void {
    if (isGone) this.#link.gone(this);
    if (this.#state === 'closed') return;
    this.#error = error;
    this.#isFlushed = false;
    this.#outbox.clear(error);
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    this.#enter('closed');
  }

  #enter(state: RoomState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

/** Who is in the one list and not, or by another name, in the other. */
function newIn(list: ReadonlyMap<string, ChatMember>, other: ReadonlyMap<string, ChatMember>): ChatMember[] {
  return [...list.values()].filter(({ id, name }) => other.get(id)?.name !== name);
}

/** A message is a position with more in it; one that has no place is none. */
function place(given: HistoryQuery['before']): Position | undefined {
  if (given === undefined || given.epoch === null || given.offset === null) return undefined;
  return { epoch: given.epoch, offset: given.offset };
}
