import type { Attributes, BatchObservableCallback, Histogram, Meter, Observable } from '@opentelemetry/api';
import { durationBounds } from '../diagnostics/histogram';
import type { Metrics } from '../diagnostics/metrics';

/** A number of a board, or one for each name of a record, which becomes an attribute. */
interface Instrument {
  readonly name: string;
  /** What goes up and down; otherwise it only grows. */
  readonly isLevel?: boolean;
  readonly unit: string;
  readonly description: string;
  /** For records: what their names are. */
  readonly attribute?: string;
  /** It is about the whole process: every board says the same. */
  readonly isOfProcess?: boolean;
  read(metrics: Metrics): number | Readonly<Record<string, number>>;
}

const adapterStatuses = ['ready', 'connecting', 'degraded', 'closed'];

const instruments: readonly Instrument[] = [
  {
    name: 'connections.open',
    isLevel: true,
    unit: '{connection}',
    description: 'Connections that are open.',
    read: ({ connections }) => connections.open,
  },
  {
    name: 'connections.opened',
    unit: '{connection}',
    description: 'Connections that were accepted.',
    read: ({ connections }) => connections.opened,
  },
  {
    name: 'connections.closed',
    unit: '{connection}',
    description: 'Connections that are closed, by close code: 1006 where one was lost.',
    attribute: 'switchboard.close.code',
    read: ({ connections }) => connections.closed,
  },
  {
    name: 'connections.failed',
    unit: '{connection}',
    description: 'Connections that this side has failed, by the code of the error.',
    attribute: 'error.type',
    read: ({ connections }) => connections.failed,
  },
  {
    name: 'handshakes.pending',
    isLevel: true,
    unit: '{handshake}',
    description: 'Upgrade requests that have no answer yet.',
    read: ({ handshakes }) => handshakes.pending,
  },
  {
    name: 'handshakes.accepted',
    unit: '{handshake}',
    description: 'Upgrade requests that were accepted.',
    read: ({ handshakes }) => handshakes.accepted,
  },
  {
    name: 'handshakes.refused',
    unit: '{handshake}',
    description: 'Upgrade requests that were not accepted, by the code of the error.',
    attribute: 'error.type',
    read: ({ handshakes }) => handshakes.refused,
  },
  {
    name: 'messages.received',
    unit: '{message}',
    description: 'Messages received.',
    read: ({ messages }) => messages.received,
  },
  { name: 'messages.sent', unit: '{message}', description: 'Messages sent.', read: ({ messages }) => messages.sent },
  {
    name: 'payload.received',
    unit: 'By',
    description: 'Payload of messages received, inflated.',
    read: ({ bytes }) => bytes.received,
  },
  {
    name: 'payload.sent',
    unit: 'By',
    description: 'Payload of messages sent, before it is deflated.',
    read: ({ bytes }) => bytes.sent,
  },
  {
    name: 'limited',
    unit: '{event}',
    description: 'How often a limit has held something up, or refused it, without closing.',
    attribute: 'switchboard.limit.code',
    read: ({ limited }) => limited,
  },
  {
    name: 'handlers.running',
    isLevel: true,
    unit: '{handler}',
    description: 'Route handlers that have not returned yet.',
    read: ({ handlers }) => handlers.running,
  },
  {
    name: 'handlers.errors',
    unit: '{error}',
    description: 'Exceptions and rejections of handlers and listeners.',
    read: ({ handlers }) => handlers.errors,
  },
  {
    name: 'payload.buffered',
    isLevel: true,
    unit: 'By',
    description: 'Bytes that wait to be sent, on all connections.',
    read: ({ buffered }) => buffered,
  },
  {
    name: 'payload.incomplete',
    isLevel: true,
    unit: 'By',
    description: 'Bytes of messages that have not come to their end, in the whole process.',
    isOfProcess: true,
    read: ({ incomplete }) => incomplete,
  },
  {
    name: 'rooms.open',
    isLevel: true,
    unit: '{room}',
    description: 'Rooms with members on this node.',
    read: ({ rooms }) => rooms.rooms,
  },
  {
    name: 'rooms.members',
    isLevel: true,
    unit: '{connection}',
    description: 'Connections in rooms on this node.',
    read: ({ rooms }) => rooms.members,
  },
  {
    name: 'rooms.published',
    unit: '{message}',
    description: 'Messages published to rooms.',
    read: ({ rooms }) => rooms.published,
  },
  {
    name: 'rooms.delivered',
    unit: '{message}',
    description: 'Messages delivered from rooms, one to a member each.',
    read: ({ rooms }) => rooms.delivered,
  },
  {
    name: 'rooms.dropped',
    unit: '{message}',
    description: 'Messages that slow members of rooms did not get.',
    read: ({ rooms }) => rooms.dropped,
  },
  {
    name: 'adapter.status',
    isLevel: true,
    unit: '1',
    description: '1 for the status that the adapter of the rooms has, 0 for the others.',
    attribute: 'switchboard.adapter.state',
    read: ({ rooms }) =>
      Object.fromEntries(adapterStatuses.map((status) => [status, Number(status === rooms.adapter)])),
  },
];

/** The metrics of one board: observed from one snapshot whenever they are collected. */
export class BoardMeter {
  readonly #observables: readonly Observable[];
  readonly #handshakes: Histogram;

  constructor(
    private readonly meter: Meter,
    private readonly board: { metrics(): Metrics },
    private readonly attributes: Attributes,
  ) {
    this.#observables = instruments.map(({ name, isLevel, unit, description }) =>
      isLevel === true
        ? meter.createObservableUpDownCounter(`switchboard.${name}`, { unit, description })
        : meter.createObservableCounter(`switchboard.${name}`, { unit, description }),
    );
    // Nothing observes a histogram afterwards.
    this.#handshakes = meter.createHistogram('switchboard.handshake.duration', {
      unit: 's',
      description: 'From the arrival of an upgrade request to its answer.',
      advice: { explicitBucketBoundaries: [...durationBounds] },
    });
    meter.addBatchObservableCallback(this.#observe, [...this.#observables]);
  }

  handshake(seconds: number, attributes: Attributes): void {
    this.#handshakes.record(seconds, { ...this.attributes, ...attributes });
  }

  stop(): void {
    this.meter.removeBatchObservableCallback(this.#observe, [...this.#observables]);
  }

  readonly #observe: BatchObservableCallback = (result) => {
    const metrics = this.board.metrics();
    instruments.forEach(({ attribute, isOfProcess, read }, index) => {
      const observable = this.#observables[index]!;
      const common = isOfProcess === true ? {} : this.attributes;
      const value = read(metrics);
      if (typeof value === 'number') {
        result.observe(observable, value, common);
        return;
      }
      for (const [name, count] of Object.entries(value))
        result.observe(observable, count, { ...common, [attribute!]: name });
    });
  };
}
