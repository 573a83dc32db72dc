import type { HistogramSnapshot, Metrics } from '../diagnostics/metrics';

/** Labels that samples have for themselves. */
export const ownLabels = ['code', 'error', 'limit', 'status', 'le'] as const;

/** One line of what is scraped. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Behind the name of the family: of histograms only. */
  readonly suffix?: string;
}

/** A metric, with how its samples are read from what a board says. */
export interface Family {
  /** Without prefix. Units are base units, and what only grows ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** It is about the whole process: every board says the same. */
  readonly isOfProcess?: boolean;
  samples(metrics: Metrics): readonly Sample[];
}

const adapterStatuses = ['ready', 'connecting', 'degraded', 'closed'];

/** All that a board exposes, in the order of the scrape. */
export const families: readonly Family[] = [
  gauge('connections_open', 'Connections that are open.', ({ connections }) => connections.open),
  counter('connections_opened_total', 'Connections that were accepted.', ({ connections }) => connections.opened),
  counters('connections_closed_total', 'Connections that are closed, by close code: 1006 where one was lost.', {
    label: 'code',
    counts: ({ connections }) => connections.closed,
  }),
  counters('connections_failed_total', 'Connections that this side has failed, by the code of the error.', {
    label: 'error',
    counts: ({ connections }) => connections.failed,
  }),
  gauge('handshakes_pending', 'Upgrade requests that have no answer yet.', ({ handshakes }) => handshakes.pending),
  counter('handshakes_accepted_total', 'Upgrade requests that were accepted.', ({ handshakes }) => handshakes.accepted),
  counters('handshakes_refused_total', 'Upgrade requests that were not accepted, by the code of the error.', {
    label: 'error',
    counts: ({ handshakes }) => handshakes.refused,
  }),
  {
    name: 'handshake_duration_seconds',
    help: 'From the arrival of an upgrade request to its answer.',
    type: 'histogram',
    samples: ({ handshakes }) => histogramSamples(handshakes.duration),
  },
  counter('messages_received_total', 'Messages received.', ({ messages }) => messages.received),
  counter('messages_sent_total', 'Messages sent.', ({ messages }) => messages.sent),
  counter('received_bytes_total', 'Payload of messages received, inflated.', ({ bytes }) => bytes.received),
  counter('sent_bytes_total', 'Payload of messages sent, before it is deflated.', ({ bytes }) => bytes.sent),
  counters('limited_total', 'How often a limit has held something up, or refused it, without closing.', {
    label: 'limit',
    counts: ({ limited }) => limited,
  }),
  gauge('handlers_running', 'Route handlers that have not returned yet.', ({ handlers }) => handlers.running),
  counter('handler_errors_total', 'Exceptions and rejections of handlers and listeners.', ({ handlers }) => {
    return handlers.errors;
  }),
  gauge('buffered_bytes', 'Bytes that wait to be sent, on all connections.', ({ buffered }) => buffered),
  {
    ...gauge(
      'incomplete_bytes',
      'Bytes of messages that have not come to their end, in the whole process.',
      (metrics) => {
        return metrics.incomplete;
      },
    ),
    isOfProcess: true,
  },
  gauge('rooms', 'Rooms with members on this node.', ({ rooms }) => rooms.rooms),
  gauge('room_members', 'Connections in rooms on this node.', ({ rooms }) => rooms.members),
  counter('room_messages_published_total', 'Messages published to rooms.', ({ rooms }) => rooms.published),
  counter('room_messages_delivered_total', 'Messages delivered from rooms, one to a member each.', ({ rooms }) => {
    return rooms.delivered;
  }),
  counter('room_messages_dropped_total', 'Messages that slow members of rooms did not get.', ({ rooms }) => {
    return rooms.dropped;
  }),
  {
    name: 'adapter_status',
    help: '1 for the status that the adapter of the rooms has, 0 for the others.',
    type: 'gauge',
    samples: ({ rooms }) =>
      adapterStatuses.map((status) => ({ labels: { status }, value: Number(status === rooms.adapter) })),
  },
];

function gauge(name: string, help: string, read: (metrics: Metrics) => number): Family {
  return { name, help, type: 'gauge', samples: (metrics) => [{ labels: {}, value: read(metrics) }] };
}

function counter(name: string, help: string, read: (metrics: Metrics) => number): Family {
  return { ...gauge(name, help, read), type: 'counter' };
}

/** One counter for each name of a record. */
function counters(
  name: string,
  help: string,
  { label, counts }: { label: string; counts: (metrics: Metrics) => Readonly<Record<string, number>> },
): Family {
  const samples = (metrics: Metrics) =>
    Object.entries(counts(metrics)).map(([value, count]) => ({ labels: { [label]: value }, value: count }));
  return { name, help, type: 'counter', samples };
}

function histogramSamples({ buckets, count, sum }: HistogramSnapshot): Sample[] {
  return [
    ...buckets.map(({ le, count: below }) => ({ labels: { le }, value: below, suffix: '_bucket' })),
    { labels: { le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels: {}, value: sum, suffix: '_sum' },
    { labels: {}, value: count, suffix: '_count' },
  ];
}
