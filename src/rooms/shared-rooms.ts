import { randomBytes } from 'node:crypto';
import type {
  Adapter,
  AdapterProblem,
  AdapterStatus,
  Draft,
  Entry,
  Envelope,
  Eventually,
  HistoryLimits,
  LogPage,
  LogQuery,
  Presence,
  PresenceChange,
  RoomData,
  Space,
  SpaceReceiver,
} from './adapter';
import { AppendQueue, type QueueLimits } from './append-queue';
import { Feed, type FeedNode, type FeedOwner } from './feed';
import { LiveNodes } from './live-nodes';
import { PresenceHere } from './presence-here';
import { RecentIds } from './recent-ids';
import { attempt, run, wait } from './steps';
import { Turns } from './turns';
import { UnsaidLeaves } from './unsaid-leaves';

/** What the rooms of one name need to know to be shared. */
export interface SharedRoomsInit extends QueueLimits {
  readonly adapter: Adapter;
  /** No other node has the adapter: nobody needs to be told who is present. */
  readonly isLocal: boolean;
  readonly name: string;
  readonly history: HistoryLimits;
  /** Milliseconds after which the connections of a node that is gone are gone. */
  readonly presenceTtl: number;
  /** The adapter's status has changed; when it is `'degraded'`, the feeds are broken already. */
  onStatus?(status: AdapterStatus, problem: AdapterProblem | undefined): void;
  /** Another node has said something to all nodes. */
  onTold?(message: object): void;
}

/** The room of this name carries what nodes say to each other. */
const nodes = '';

/** So many ids of what came from logs are remembered, at most twice. */
const maxRecent = 25_000;

/** So many ids of what went to several rooms are remembered, and so much of what nodes say waits for the broker. */
const maxRemembered = 1024;

/** So many feeds catch up at a time, and so many rooms are told who has left. */
const maxAtOnce = 64;

/**
 * The rooms of one name as this node shares them with others: which of them it follows, what is on its way into their logs,
 * and who of its connections is present in them.
 */
export class SharedRooms implements SpaceReceiver {
  readonly limits: HistoryLimits;
  readonly queue: AppendQueue;
  /** What is published without being kept. */
  readonly notices: AppendQueue;
  readonly #init: SharedRoomsInit;
  readonly #space: Space;
  readonly #feeds = new Map<string, Feed>();
  readonly #feedNode: FeedNode;
  readonly #here = new PresenceHere();
  readonly #unsaid = new UnsaidLeaves();
  readonly #nodes: LiveNodes;
  readonly #turns = new Turns(maxAtOnce);
  #touching: NodeJS.Timeout | undefined;
  /** When the last touch that has succeeded was made. */
  #touched = Number.POSITIVE_INFINITY;
  #isTouching = false;
  /** Feeds whose lists may have connections that are gone: nodes had not said yet that they live. */
  readonly #unsure = new Set<Feed>();
  #backSince = Number.NEGATIVE_INFINITY;
  #status: AdapterStatus;
  #drafts = 0;
  readonly #hadBefore = new Set<string>();
  /** What other nodes are to be told when the broker is back. */
  #toSay: Draft[] = [];
  readonly #recent = new RecentIds(maxRecent);
  readonly #idPrefix: string;

  constructor(init: SharedRoomsInit) {
    this.#init = init;
    this.limits = init.history;
    this.#nodes = new LiveNodes(init.presenceTtl);
    this.#space = init.adapter.open(init.name, this);
    this.#status = init.adapter.status;
    // Of several nodes' messages everybody sees the id: it tells one that came early from the same one in its place. What
    // is behind the first part can be guessed, so it must be nothing that a client may name its own message.
    this.#idPrefix = `${randomBytes(9).toString('base64url')}${init.isLocal ? '.' : '~'}`;
    this.queue = new AppendQueue(this, init);
    const publish = (room: string, drafts: readonly Draft[]) => this.#publishAll(room, drafts);
    this.notices = new AppendQueue({ append: publish, takes: () => !this.isAway }, init);
    this.#feedNode = {
      space: this.#space,
      limits: this.limits,
      inTurn: this.#turns.take,
      live: (room) => this.queue.resumeFor(room),
      maySkipNodes: () => this.#isJustBack,
      unsure: (feed) => void this.#unsure.add(feed),
      found: (present) => {
        for (const { node } of present) this.#nodes.found(node);
      },
    };
    this.#listen();
  }

  get node(): string {
    return this.#space.node;
  }

  /** The broker does not answer: nothing of other nodes comes, and what is published waits. */
  get isAway(): boolean {
    return this.#status !== 'ready';
  }

  /** Follows a room, for as long as somebody of this node is in it. */
  follow(room: string, owner: FeedOwner): Feed {
    const feed = new Feed(room, owner, this.#feedNode);
    this.#feeds.set(room, feed);
    if (this.#status === 'connecting') feed.awaitBroker();
    else if (!this.isAway) feed.catchUp();
    return feed;
  }

  unfollow(room: string): void {
    const feed = this.#feeds.get(room);
    this.#feeds.delete(room);
    if (feed !== undefined) this.#unsure.delete(feed);
    feed?.close();
    // What was said before the room had caught up need not wait for that any more.
    this.queue.resumeFor(room);
  }

  /** Stamps something to be appended. */
  draft(data: RoomData, { id, rooms, key }: Partial<Pick<Draft, 'id' | 'rooms' | 'key'>> = {}): Draft {
    this.#drafts++;
    return {
      id: id ?? this.#idPrefix + this.#drafts.toString(36),
      at: Date.now(),
      data,
      ...(rooms !== undefined && rooms.length > 1 && { rooms }),
      ...(key !== undefined && { key }),
    };
  }

  takes(room: string): boolean {
    return !this.isAway && this.#feeds.get(room)?.isLive !== false;
  }

  /** Appends to a room's log, now or never: `queue` does it surely. */
  append(room: string, drafts: readonly Draft[]): Eventually<readonly number[]> {
    return this.#space.append(room, drafts, this.limits);
  }

  /** Whether something that went to several rooms has come already, as it does for each of them that this node follows. */
  isRepeated({ id, rooms }: Envelope): boolean {
    if (rooms === undefined) return false;
    if (this.#hadBefore.has(id)) return true;
    this.#hadBefore.add(id);
    if (this.#hadBefore.size > maxRemembered) {
      const [oldest] = this.#hadBefore;
      this.#hadBefore.delete(oldest!);
    }
    return false;
  }

  /** Something in a log has come to members of this node. */
  remember({ id }: Draft): void {
    if (!this.#init.isLocal) this.#recent.set(id, 0, Date.now());
  }

  /** Whether something that is to be appended has come from the log already, within the last minutes. */
  remembers({ id }: Draft): boolean {
    return this.#recent.get(id, Date.now()) !== undefined;
  }

  read(room: string, query: LogQuery): Eventually<LogPage> {
    return this.#space.read(room, query, this.limits);
  }

  /** To the members of other nodes; where all are published within the call, so it is. */
  #publishAll(room: string, drafts: readonly Draft[]): Eventually<readonly number[]> {
    const published = drafts.map((draft) => this.#space.publish(room, draft));
    const noPlaces = drafts.map(() => 0);
    const isLater = published.some((each) => each instanceof Promise);
    return isLater ? Promise.all(published).then(() => noPlaces) : noPlaces;
  }

  /** Says something to all other nodes that have these rooms. */
  tell(message: object): void {
    this.#say(this.draft(message));
  }

  /** What could not be said is said when the broker is back. */
  #say(draft: Draft): void {
    const unsaid = () => {
      if (this.#toSay.length < maxRemembered) this.#toSay.push(draft);
    };
    if (this.isAway) unsaid();
    else run(publishSteps(this.#space, draft), unsaid);
  }

  /** A connection of this node is present in a room that is followed, or is seen otherwise now. */
  enter(room: string, id: string, value: object): void {
    if (this.#init.isLocal || this.#status === 'closed') return;
    const presence: Presence = { id, node: this.node, value };
    this.#unsaid.entered(room, id, this.isAway && this.#here.get(room, id) === undefined);
    this.#here.add(room, presence);
    this.#touching ??= this.#startTouching();
    if (!this.isAway) attempt(() => this.#space.enter(room, [presence]));
  }

  leave(room: string, id: string): void {
    if (this.#init.isLocal || this.#status === 'closed') return;
    this.#here.remove(room, id);
    if (this.isAway) this.#unsaid.left(room, [id]);
    else this.#sayLeft(room, [id]);
  }

  /** The connections of this node that are present in a room. */
  presentHere(room: string): readonly Presence[] {
    return this.#here.in(room);
  }

  async close(): Promise<void> {
    this.#status = 'closed';
    this.#end('These rooms were closed');
    try {
      await this.#space.close();
    } catch {
      // The broker is away; what it keeps of this node expires.
    }
  }

  appended(room: string, entry: Entry, previous: number): void {
    this.#feeds.get(room)?.appended(entry, previous);
  }

  published(room: string, envelope: Envelope): void {
    if (room === nodes) this.#told(envelope);
    // A call that failed after it was carried out was made again.
    else if (!this.remembers(envelope)) {
      this.remember(envelope);
      this.#feeds.get(room)?.published(envelope);
    }
  }

  presence(room: string, change: PresenceChange): void {
    for (const { node } of change.joins) this.#nodes.heard(node);
    // Another node took this one for dead.
    const ours = change.leaves.flatMap((id) => this.#here.get(room, id) ?? []);
    if (ours.length > 0 && !this.isAway) attempt(() => this.#space.enter(room, ours));
    this.#feeds.get(room)?.presenceChanged(change);
  }

  status(status: AdapterStatus, problem: AdapterProblem | undefined): void {
    if (status === this.#status || this.#status === 'closed') return;
    this.#status = status;
    if (status === 'ready') {
      this.#listen();
      this.#backSince = performance.now();
      if (this.#touching !== undefined) this.#touch();
      for (const [room, ids] of this.#unsaid.take()) this.#sayLeft(room, ids);
      for (const feed of this.#feeds.values()) feed.catchUp();
      this.queue.resume();
      this.notices.resume();
      for (const draft of this.#toSay.splice(0)) this.#say(draft);
    } else {
      for (const feed of this.#feeds.values()) feed.broken();
      if (status === 'closed') this.#end('The adapter was closed');
    }
    this.#init.onStatus?.(status, problem);
  }

  /** Nothing is expected any more, of nobody. */
  #end(reason: string): void {
    clearInterval(this.#touching);
    this.queue.close(reason);
    this.notices.close(reason);
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    for (const feed of feeds) feed.close();
  }

  /** Tells the broker who has left: surely, as nobody else would do so while this node lives. */
  #sayLeft(room: string, ids: readonly string[]): void {
    this.#turns.take((done) => {
      run(this.#leaveSteps(room, ids, done), () => this.#unsaid.left(room, ids));
    });
  }

  *#leaveSteps(room: string, ids: readonly string[], done: () => void): Generator<Eventually<void>, void, void> {
    try {
      // Who has come again meanwhile has not left.
      const gone = ids.filter((id) => this.#here.get(room, id) === undefined);
      if (gone.length > 0 && this.#status !== 'closed') yield* wait(this.#space.leave(room, gone));
    } finally {
      done();
    }
  }

  /** The broker was away: nodes that live may not have said so again. */
  get #isJustBack(): boolean {
    return performance.now() - this.#backSince < 0.4 * this.#init.presenceTtl;
  }

  /** Hears what other nodes say to all. */
  #listen(): void {
    if (this.#init.onTold !== undefined) attempt(() => this.#space.subscribe(nodes));
  }

  #told({ data }: Envelope): void {
    if (typeof data === 'object' && !Buffer.isBuffer(data)) this.#init.onTold?.(data);
  }

  #startTouching(): NodeJS.Timeout {
    this.#touch();
    return setInterval(() => this.#touch(), this.#init.presenceTtl / 5).unref();
  }

  /** Says that this node lives, and finds out which others do. */
  #touch(): void {
    // Where the broker takes longer than the pause between two, the next one does not make it faster.
    if (this.isAway || this.#isTouching) return;
    const { presenceTtl } = this.#init;
    const kept = this.#here.nextToKeep(presenceTtl / 5);
    this.#isTouching = true;
    run(this.#touchSteps(Math.ceil(presenceTtl * 0.6), kept), () => {});
  }

  *#touchSteps(
    ttl: number,
    kept: ReadonlyMap<string, readonly Presence[]>,
  ): Generator<Eventually<unknown>, void, never> {
    const now = performance.now();
    const isLate = now - this.#touched > ttl;
    let alive: readonly string[];
    try {
      alive = yield* wait(this.#space.touch(ttl, kept));
    } finally {
      this.#isTouching = false;
    }
    if (this.#status === 'closed') return;
    this.#touched = now;
    this.#nodes.alive([this.node, ...alive]);
    if (!this.#isJustBack) {
      for (const [room, feed] of this.#feeds) this.#dropDead(room, feed);
      for (const feed of this.#unsure) feed.catchUp();
      this.#unsure.clear();
    }
    // The others took this node for dead, and do not ask again who is present.
    if (isLate) for (const feed of this.#feeds.values()) feed.catchUp();
  }

  #dropDead(room: string, feed: Feed): void {
    const gone: string[] = [];
    for (const { id, node } of feed.present.values()) if (!this.#nodes.lives(node)) gone.push(id);
    if (gone.length === 0) return;
    feed.presenceChanged({ joins: [], leaves: gone });
    this.#turns.take((done) => {
      run(this.#leaveSteps(room, gone, done), () => {});
    });
  }
}

function* publishSteps(space: Space, draft: Draft): Generator<Eventually<unknown>, void, never> {
  yield* wait(space.publish(nodes, draft));
}
