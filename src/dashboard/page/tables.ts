import type { Counts, Present, Sample } from '../wire';
import { bytes, count, duration, text } from './format';
import { totals } from './history';
import { meaningOf } from './meaning';
import { type ColumnSpec, Table } from './table';

const byCode: readonly ColumnSpec[] = [
  { title: 'Code', kind: 'code' },
  { title: 'Means', kind: 'text' },
  { title: 'Lately', kind: 'number' },
  { title: 'Ever', kind: 'number' },
];

/** The column of `byCode` whose title says which time it is about. */
const recent = 2;

/** The tables, by the section that they stand in. */
export class Tables {
  readonly #refused = new Table('Refused, by code', byCode, 'No handshake was ever refused.');
  readonly #closed = new Table('Closed, by close code', byCode, 'No connection was ever closed.');
  readonly #failed = new Table('Failed by this server', byCode, 'No connection was ever failed.');
  readonly #limited = new Table('Limits that held something up', byCode, 'No limit was ever met without closing.');
  readonly #rooms = new Table(
    'Largest rooms',
    [
      { title: 'Room', kind: 'code' },
      { title: 'Members', kind: 'number' },
    ],
    'Nobody is in a room.',
  );
  readonly #waiting = new Table(
    'Slowest connections',
    [
      { title: 'Address', kind: 'code' },
      { title: 'User', kind: 'text' },
      { title: 'Rooms', kind: 'text' },
      { title: 'Waits to be sent', kind: 'number' },
    ],
    'Nobody is slow: nothing waits to be sent.',
  );

  /** What belongs in a section, below its charts. */
  in(section: string): readonly HTMLElement[] {
    const tables: Readonly<Record<string, readonly Table[]>> = {
      traffic: [this.#waiting],
      trouble: [this.#refused, this.#closed, this.#failed, this.#limited],
      rooms: [this.#rooms],
    };
    return (tables[section] ?? []).map((table) => table.element);
  }

  /** @param seconds how much of the time the samples are of */
  update(samples: readonly Sample[], seconds: number, { totals: ever, waiting, largestRooms }: Present): void {
    for (const table of [this.#refused, this.#closed, this.#failed, this.#limited]) {
      table.retitle(recent, duration(1000 * seconds));
    }
    this.#refused.update(rows(samples, ({ refusedBy }) => refusedBy, ever.refused));
    this.#closed.update(rows(samples, ({ closedBy }) => closedBy, ever.closed));
    this.#failed.update(rows(samples, ({ failedBy }) => failedBy, ever.failed));
    this.#limited.update(rows(samples, ({ limitedBy }) => limitedBy, ever.limited));
    this.#waiting.update(
      waiting.most.map(({ address, user, rooms, buffered }) => {
        return [address || 'unknown', user ?? '–', rooms.join(', ') || '–', text(bytes(buffered))];
      }),
      { note: waiting.count > waiting.most.length ? `${waiting.most.length} of ${text(count(waiting.count))}` : '' },
    );
    this.#rooms.update(
      (largestRooms ?? []).map(({ name, members }) => [name, text(count(members))]),
      { empty: largestRooms === null ? 'There are too many rooms to look at each.' : 'Nobody is in a room.' },
    );
  }
}

/** Those that came in the time that is shown first. */
function rows(samples: readonly Sample[], countsOf: (sample: Sample) => Counts, ever: Counts): string[][] {
  const lately = new Map(totals(samples, countsOf));
  return Object.entries(ever)
    .map(([code, total]) => ({ code, total, recent: lately.get(code) ?? 0 }))
    .sort((one, other) => other.recent - one.recent || other.total - one.total)
    .map(({ code, total, recent }) => [code, meaningOf(code) || '–', text(count(recent)), text(count(total))]);
}
