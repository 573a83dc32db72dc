import { AdapterError } from '../protocol/errors';
import type {
  Entry,
  Envelope,
  Eventually,
  HistoryLimits,
  LogPage,
  Position,
  Presence,
  PresenceChange,
  Space,
} from './adapter';
import { PresenceList } from './presence-list';
import { Replay } from './replay';
import { attempt, reportMistake, run, wait } from './steps';

/** How long a feed waits, in milliseconds, when the adapter has refused something of its room. */
const refusedPause = 5000;

/** Tells attempts to catch up from each other. */
let attempts = 0;

/** What a room on this node learns of the room on all nodes. What it throws harms nobody, and is printed. */
export interface FeedOwner {
  /** The next entry of the log: in order, each once. */
  entry(entry: Entry): void;
  /** Entries before this position, and behind the last one, are lost to this node. */
  gap(position: Position): void;
  /** Something that another node published without keeping it. */
  published(envelope: Envelope): void;
  /** Who came and went on other nodes. */
  presence(change: PresenceChange): void;
  /** It has everything up to the feed's position, and what comes next follows it. */
  live(): void;
  /**
   * The connections of this node that are present, for a broker that may have lost them. Null where nobody is to know who is
   * present, which need not be asked then.
   */
  presentHere(): readonly Presence[] | null;
}

/** The node that feeds belong to: one for all of them. */
export interface FeedNode {
  readonly space: Space;
  readonly limits: HistoryLimits;
  /** Lets a feed catch up when not too many do so already; `done` says that it has. */
  inTurn(task: (done: () => void) => void): void;
  /** The feed of the room is live, and its owner knows. */
  live(room: string): void;
  /** The broker says that these are present. */
  found(present: readonly Presence[]): void;
  /** Whether a list of who is present may lack nodes that live: they will say so. */
  maySkipNodes(): boolean;
  /** Some were kept in the list that it did not have: it is to be asked for again when they must have said so. */
  unsure(feed: Feed): void;
}

/** An entry, and the offset of the one before it. */
interface Held {
  readonly entry: Entry;
  readonly previous: number;
}

/** Entries that wait while what is missing before them is read; more of them are read again instead. */
const maxHeld = 4096;

/**
 * The log of one room as this node follows it: every entry once, in order. What the broker did not bring is found out by the
 * numbers of what it brings, and when it was away; then it is read from the log.
 *
 * A node may follow a hundred thousand rooms: what one of them rarely needs is made when it is needed.
 */
export class Feed {
  /** The last entry that the room got; null until it is known. */
  position: Position | null = null;
  readonly present = new PresenceList();
  #isLive = false;
  #isClosed = false;
  /** A turn to catch up is waited for. */
  #isInLine = false;
  /** Subscribing was tried: whether it was done is not known. */
  #hasAsked = false;
  #isSubscribed = false;
  /** Tells the attempt to catch up that is under way from those that came before it; 0 where none is. */
  #attempt = 0;
  /** What comes while the log is read. What came before that is in what is read. */
  #held: Held[] | null = null;
  #whenSettled: Array<() => void> | null = null;
  #replays: Set<Replay> | null = null;

  constructor(
    readonly room: string,
    private readonly owner: FeedOwner,
    private readonly node: FeedNode,
  ) {}

  /** Everything up to `position` was brought, and what comes next follows it. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Calls back when the feed is live, or the broker is found to be away: at once, where that is known. */
  whenSettled(callback: () => void): void {
    if (this.#isLive || this.#attempt === 0) callback();
    else if (this.#whenSettled === null) this.#whenSettled = [callback];
    else this.#whenSettled.push(callback);
  }

  /** It is not known yet whether the broker is there: who waits goes on waiting. */
  awaitBroker(): void {
    if (!this.#isClosed) this.#attempt = ++attempts;
  }

  /** Subscribes, and reads what was missed: at the beginning, and whenever the broker is back. */
  catchUp(): void {
    if (this.#isClosed) return;
    this.#attempt = ++attempts;
    this.#isLive = false;
    this.#held = null;
    // Whatever it is that has to be caught up with: one turn is enough.
    if (this.#isInLine) return;
    this.#isInLine = true;
    this.node.inTurn((done) => {
      this.#isInLine = false;
      const mine = this.#attempt;
      run(this.#steps(mine, done), (error) => {
        if (this.#attempt !== mine) return;
        this.broken();
        // Otherwise the adapter is degraded now, and what it says when it is back begins a new attempt.
        if (!(error instanceof AdapterError)) this.#tryAgain(error);
      });
    });
  }

  /** The adapter does not want something of this room, such as a member that is too large for a message. */
  #tryAgain(error: unknown): void {
    if (this.#isClosed) return;
    reportMistake(error);
    setTimeout(() => {
      if (this.#attempt === 0) this.catchUp();
    }, refusedPause).unref();
  }

  /** The broker is away: nothing is waited for. */
  broken(): void {
    this.#isLive = false;
    this.#attempt = 0;
    this.#held = null;
    this.present.expectNothing();
    this.#settle();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.broken();
    // Now, and not when a call to subscribe has come back: then the room may be followed anew.
    if (this.#hasAsked) attempt(() => this.node.space.unsubscribe(this.room));
  }

  appended(entry: Entry, previous: number): void {
    if (this.#isLive) {
      if (!this.#accepts(entry, previous)) this.catchUp();
    } else if (this.#held !== null && this.#held.length <= maxHeld) {
      this.#held.push({ entry, previous });
    }
  }

  presenceChanged(change: PresenceChange): void {
    this.#tellPresence(this.present.change(change));
  }

  published(envelope: Envelope): void {
    try {
      this.owner.published(envelope);
    } catch (error) {
      reportMistake(error);
    }
  }

  /** Reads what came behind a position. It is to be taken in the same call that lets who asks have what comes next. */
  *replay(since: Position): Generator<Eventually<LogPage>, Replay, LogPage> {
    this.#replays ??= new Set();
    const replays = this.#replays;
    const replay = new Replay((ended) => {
      replays.delete(ended);
      if (replays.size === 0 && this.#replays === replays) this.#replays = null;
    });
    replays.add(replay);
    try {
      const { space, limits } = this.node;
      replay.read(yield* wait(space.read(this.room, { since }, limits)));
    } catch (error) {
      replay.cancel();
      throw error;
    }
    return replay;
  }

  *#steps(mine: number, done: () => void): Generator<Eventually<unknown>, void, never> {
    try {
      if (mine !== 0) yield* this.#synchronise(mine);
    } finally {
      done();
    }
  }

  *#synchronise(mine: number): Generator<Eventually<unknown>, void, never> {
    const { room } = this;
    const { space } = this.node;
    if (!this.#isSubscribed) {
      this.#hasAsked = true;
      yield* wait(space.subscribe(room));
      this.#isSubscribed = true;
      if (mine !== this.#attempt) return;
    }
    const here = this.owner.presentHere();
    if (here !== null) yield* this.#meet(mine, here);
    if (mine !== this.#attempt) return;
    yield* this.#readUp(mine);
    if (mine !== this.#attempt) return;
    this.#held = null;
    this.#isLive = true;
    this.#tellLive();
    // Its owner may have closed it, or the broker may be away.
    if (mine !== this.#attempt) return;
    this.#settle();
    this.node.live(room);
  }

  /** Says who is present here, and learns who is elsewhere. */
  *#meet(mine: number, here: readonly Presence[]): Generator<Eventually<unknown>, void, never> {
    const { room } = this;
    const { space } = this.node;
    if (here.length > 0) {
      yield* wait(space.enter(room, here));
      if (mine !== this.#attempt) return;
    }
    this.present.expectAll();
    const present = yield* wait(space.present(room));
    if (mine === this.#attempt) this.#replacePresent(present);
  }

  /** Reads until there is no hole between what was read and what has come meanwhile. */
  *#readUp(mine: number): Generator<Eventually<LogPage>, void, LogPage> {
    const { space, limits } = this.node;
    for (let isWhole = false; !isWhole; ) {
      const held: Held[] = [];
      this.#held = held;
      const since = this.position;
      const page = yield* wait(space.read(this.room, since === null ? { limit: 0 } : { since }, limits));
      if (mine !== this.#attempt) return;
      this.#apply(page, mine);
      isWhole = true;
      // What owners publish meanwhile may come within this loop.
      for (let index = 0; isWhole && index < held.length; index++) {
        if (mine !== this.#attempt) return;
        const { entry, previous } = held[index]!;
        isWhole = this.#accepts(entry, previous);
      }
      if (mine !== this.#attempt) return;
      isWhole &&= held.length <= maxHeld;
    }
  }

  #apply({ position, entries, gap }: LogPage, mine: number): void {
    if (this.position === null) {
      this.position = position;
      return;
    }
    if (gap) {
      const [first] = entries;
      this.#lose(first === undefined ? position : { epoch: first.epoch, offset: first.offset - 1 });
    }
    for (const entry of entries) {
      if (mine !== this.#attempt) return;
      this.#accepts(entry, this.position.offset);
    }
    if (mine !== this.#attempt) return;
    if (position.epoch !== this.position.epoch || position.offset > this.position.offset) this.position = position;
  }

  #lose(position: Position): void {
    this.position = position;
    for (const replay of this.#replays ?? []) replay.lose(position);
    try {
      this.owner.gap(position);
    } catch (error) {
      reportMistake(error);
    }
  }

  /** @returns false where something is missing before the entry */
  #accepts(entry: Entry, previous: number): boolean {
    const { position } = this;
    if (position === null || entry.epoch !== position.epoch) return false;
    if (entry.offset <= position.offset) return true;
    if (previous > position.offset) return false;
    this.position = { epoch: position.epoch, offset: entry.offset };
    if (this.#replays !== null) for (const replay of this.#replays) replay.follow(entry);
    try {
      this.owner.entry(entry);
    } catch (error) {
      reportMistake(error);
    }
    return true;
  }

  #replacePresent(present: readonly Presence[]): void {
    const here = new Set((this.owner.presentHere() ?? []).map(({ id }) => id));
    const { node } = this.node.space;
    const others = present.filter((each) => each.node !== node);
    // They left while the broker was away.
    const stale = present.filter((each) => each.node === node && !here.has(each.id)).map(({ id }) => id);
    if (stale.length > 0) attempt(() => this.node.space.leave(this.room, stale));
    this.node.found(others);
    if (this.node.maySkipNodes()) {
      const nodes = new Set(others.map((each) => each.node));
      const unsure = [...this.present.values()].filter((each) => !nodes.has(each.node));
      others.push(...unsure);
      if (unsure.length > 0) this.node.unsure(this);
    }
    this.#tellPresence(this.present.replace(others));
  }

  #tellPresence(change: PresenceChange): void {
    if (change.joins.length === 0 && change.leaves.length === 0) return;
    try {
      this.owner.presence(change);
    } catch (error) {
      reportMistake(error);
    }
  }

  #tellLive(): void {
    try {
      this.owner.live();
    } catch (error) {
      reportMistake(error);
    }
  }

  #settle(): void {
    const waiting = this.#whenSettled;
    this.#whenSettled = null;
    for (const callback of waiting ?? []) {
      try {
        callback();
      } catch (error) {
        reportMistake(error);
      }
    }
  }
}
