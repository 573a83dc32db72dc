import { expect } from 'chai';
import type { AdapterError } from '../../../src/protocol/errors';
import type { Draft, Entry, Position, Presence, PresenceChange } from '../../../src/rooms/adapter';
import { Pending } from '../../../src/rooms/append-queue';
import type { Feed, FeedOwner } from '../../../src/rooms/feed';
import { run } from '../../../src/rooms/steps';
import type { SimulatedBroker } from '../../support/simulated-broker';

/** Follows a room, and holds its feed to what it promises: each entry of the log once, in order, or a gap before it. */
export class Follower implements FeedOwner {
  feed!: Feed;
  isClosed = false;
  /** The last entry that it knows of; null before the first. */
  position: Position | null = null;
  readonly entries: Entry[] = [];
  readonly gaps: Position[] = [];
  readonly present = new Map<string, Presence>();
  lives = 0;
  replays = 0;
  onEntry: (entry: Entry) => void = () => {};
  onLive: () => void = () => {};
  presentHere: () => readonly Presence[] = () => [];

  constructor(
    readonly broker: SimulatedBroker,
    readonly room: string,
  ) {}

  entry(entry: Entry): void {
    expect(this.isClosed, 'closed').to.equal(false);
    const { epoch, offset } = entry;
    const position = this.position ?? { epoch, offset: offset - 1 };
    expect({ epoch, offset }).to.deep.equal({ epoch: position.epoch, offset: position.offset + 1 });
    expect(this.life(epoch)[offset - 1]?.id).to.equal(entry.id);
    this.position = { epoch, offset };
    this.entries.push(entry);
    this.onEntry(entry);
  }

  gap(position: Position): void {
    expect(this.isClosed, 'closed').to.equal(false);
    const before = this.position;
    if (before !== null && before.epoch === position.epoch) expect(position.offset).to.be.above(before.offset);
    this.position = position;
    this.gaps.push(position);
  }

  published(): void {
    expect(this.isClosed, 'closed').to.equal(false);
  }

  presence({ joins, leaves }: PresenceChange): void {
    expect(this.isClosed, 'closed').to.equal(false);
    for (const id of leaves) expect(this.present.delete(id), `${id} was there`).to.equal(true);
    for (const each of joins) this.present.set(each.id, each);
  }

  live(): void {
    expect(this.isClosed, 'closed').to.equal(false);
    expect(this.feed.isLive).to.equal(true);
    this.position ??= this.feed.position;
    expect(this.position).to.deep.equal(this.feed.position);
    this.lives++;
    this.onLive();
  }

  /** Everything that the broker has was brought. */
  expectWhole(): void {
    const { epoch, entries } = this.broker.log(this.room);
    expect(this.feed.isLive, 'live').to.equal(true);
    expect(this.position).to.deep.equal({ epoch, offset: entries.length });
  }

  /** Comes back, as a client does that had everything up to a position. */
  replay(since: Position): void {
    const { feed } = this;
    const follower = this;
    function* steps() {
      const replay = yield* feed.replay(since);
      const position = feed.position!;
      const { entries, gap } = replay.take(position);
      follower.replays++;
      const ids = entries.map(({ id }) => id);
      const all = follower.life(position.epoch).slice(0, position.offset);
      if (!gap) {
        expect(since.epoch).to.equal(position.epoch);
        expect(ids).to.deep.equal(all.slice(since.offset).map(({ id }) => id));
        return;
      }
      const offsets = entries.map(({ epoch, offset }) => {
        expect(epoch).to.equal(position.epoch);
        return offset;
      });
      expect(offsets).to.deep.equal([...new Set(offsets)].sort((one, other) => one - other));
      expect(ids).to.deep.equal(offsets.map((offset) => all[offset - 1]!.id));
    }
    run(steps(), (error) => {
      if ((error as Error).name === 'AssertionError') this.failures.push(error as Error);
    });
  }

  /** What replays had wrong, whose errors nobody catches otherwise. */
  readonly failures: Error[] = [];

  private life(epoch: string): readonly Entry[] {
    return this.broker.logs.get(this.room)!.find((life) => life.epoch === epoch)!.entries;
  }
}

/** Remembers what became of it. */
export class WatchedPending extends Pending {
  readonly outcomes: Array<number | AdapterError> = [];
  onAppended: () => void = () => {};

  constructor(room: string, draft: Draft, bytes = 10) {
    super(room, draft, bytes);
  }

  override appended(offset: number): void {
    this.outcomes.push(offset);
    this.onAppended();
  }

  override failed(error: AdapterError): void {
    this.outcomes.push(error);
  }
}
