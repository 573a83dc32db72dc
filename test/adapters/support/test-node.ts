import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type {
  Adapter,
  AdapterStatus,
  Draft,
  Entry,
  Envelope,
  HistoryLimits,
  PresenceChange,
  RoomData,
  Space,
  SpaceReceiver,
} from '../../../src/rooms/adapter';

export const ample: HistoryLimits = { count: 1000, bytes: 64 * 1024 * 1024, age: 60_000 };

let drafts = 0;

export function draft(data: RoomData, more: Partial<Draft> = {}): Draft {
  return { id: `draft-${++drafts}-${process.pid}`, at: 1_700_000_000_000, data, ...more };
}

/** What a node that opened rooms has heard, and ways to wait for more. */
export class TestNode implements SpaceReceiver {
  readonly adapter: Adapter;
  readonly space: Space;
  readonly entries: Array<{ room: string; entry: Entry; previous: number }> = [];
  readonly envelopes: Array<{ room: string; envelope: Envelope }> = [];
  readonly changes: Array<{ room: string; change: PresenceChange }> = [];
  readonly statuses: AdapterStatus[] = [];

  constructor(adapter: Adapter, name: string) {
    this.adapter = adapter;
    this.space = adapter.open(name, this);
  }

  appended(room: string, entry: Entry, previous: number): void {
    this.entries.push({ room, entry, previous });
  }

  published(room: string, envelope: Envelope): void {
    this.envelopes.push({ room, envelope });
  }

  presence(room: string, change: PresenceChange): void {
    this.changes.push({ room, change });
  }

  status(status: AdapterStatus): void {
    this.statuses.push(status);
  }

  /** The data of entries that came, in their order. */
  data(room: string): RoomData[] {
    return this.entries.filter((each) => each.room === room).map(({ entry }) => entry.data);
  }

  async ready(): Promise<void> {
    await eventually(() => expect(this.adapter.status).to.equal('ready'));
  }
}

/** Waits until the assertion holds, for as long as mocha lets it at most, and then says why it does not. */
export async function eventually(assertion: () => unknown, milliseconds = 8000): Promise<void> {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await delay(5);
    }
  }
}
