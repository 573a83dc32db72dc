import type { Present, Sample } from '../wire';
import { byId, element, setText } from './dom';
import * as format from './format';

/** What has come in the last minute. */
interface Minute {
  readonly refused: number;
  readonly handlerErrors: number;
}

interface TileSpec {
  readonly label: string;
  readonly value: (sample: Sample, minute: Minute) => format.Quantity;
  readonly note: (sample: Sample, present: Present) => string;
  /** Whether somebody should look. */
  readonly alarm?: (sample: Sample, present: Present, minute: Minute) => boolean;
}

const { count, rate, bytes, bytesPerSecond, milliseconds, percent, text } = format;

const specs: readonly TileSpec[] = [
  {
    label: 'Open connections',
    value: ({ connections }) => count(connections),
    note: ({ pending }, { totals }) => {
      return pending > 0 ? `${text(count(pending))} opening` : `${text(count(totals.opened))} ever`;
    },
  },
  {
    label: 'Received',
    value: ({ received }) => rate(received),
    note: ({ receivedBytes }) => text(bytesPerSecond(receivedBytes)),
  },
  {
    label: 'Sent',
    value: ({ sent }) => rate(sent),
    note: ({ sentBytes }) => text(bytesPerSecond(sentBytes)),
  },
  {
    label: 'Refused',
    value: (_, { refused }) => [text(count(refused)), '/min'],
    note: (_, { totals }) => `${text(count(sum(totals.refused)))} ever`,
  },
  {
    label: 'Waits to be sent',
    value: ({ buffered }) => bytes(buffered),
    note: (_, { waiting }) => (waiting.count === 0 ? 'nobody is slow' : `${text(count(waiting.count))} slow`),
  },
  {
    label: 'Rooms',
    value: ({ rooms }) => count(rooms),
    note: ({ members }, { adapter }) => {
      return adapter === 'ready' ? `${text(count(members))} members` : `adapter: ${adapter}`;
    },
    alarm: (_, { adapter }) => adapter !== 'ready',
  },
  {
    label: 'Event loop',
    value: ({ loopBusy }) => percent(loopBusy),
    note: ({ loopDelay }) => `late by ${text(milliseconds(loopDelay[2]))}`,
    alarm: ({ loopDelay, loopBusy }) => loopDelay[1] > 50 || loopBusy > 0.95,
  },
  {
    label: 'Memory',
    value: ({ rss }) => bytes(rss),
    note: ({ heap }) => `${text(bytes(heap))} heap`,
  },
  {
    label: 'Handler errors',
    value: (_, { handlerErrors }) => [text(count(handlerErrors)), '/min'],
    note: (_, { totals }) => `${text(count(totals.handlerErrors))} ever`,
    alarm: (_, __, { handlerErrors }) => handlerErrors > 0,
  },
];

/** The numbers at the top. */
export class Tiles {
  readonly #parts = specs.map(({ label }) => {
    const number = element('span', 'number', '–');
    const unit = element('span', 'unit quiet');
    const note = element('span', 'note quiet');
    const tile = element('div', 'tile', element('dt', 'quiet', label), element('dd', '', number, ' ', unit, note));
    return { tile, number, unit, note };
  });

  constructor() {
    byId('tiles').append(...this.#parts.map(({ tile }) => tile));
  }

  /** @param samples those of the last minute */
  update(sample: Sample, samples: readonly Sample[], present: Present): void {
    const minute: Minute = {
      refused: samples.reduce((total, { refusedBy }) => total + sum(refusedBy), 0),
      handlerErrors: samples.reduce((total, { handlerErrors }) => total + handlerErrors, 0),
    };
    for (const [index, spec] of specs.entries()) {
      const { tile, number, unit, note } = this.#parts[index]!;
      const [digits, name] = spec.value(sample, minute);
      setText(number, digits);
      setText(unit, name);
      setText(note, spec.note(sample, present));
      tile.classList.toggle('alarm', spec.alarm?.(sample, present, minute) === true);
    }
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}
