import type { Metrics } from '../../../src/diagnostics/metrics';

type Deep<T> = { [Key in keyof T]?: T[Key] extends object ? Deep<T[Key]> : T[Key] };

const nothing: Metrics = {
  at: 0,
  connections: { open: 0, opened: 0, closed: {}, failed: {} },
  handshakes: { pending: 0, accepted: 0, refused: {}, duration: { buckets: [], count: 0, sum: 0 } },
  messages: { received: 0, sent: 0 },
  bytes: { received: 0, sent: 0 },
  limited: {},
  handlers: { running: 0, errors: 0 },
  buffered: 0,
  incomplete: 0,
  rooms: { rooms: 0, members: 0, published: 0, delivered: 0, dropped: 0, adapter: 'ready' },
};

/** Metrics of a board that has done nothing but this. */
export function metricsWith(given: Deep<Metrics> = {}): Metrics {
  return merged(nothing, given) as Metrics;
}

function merged(base: object, given: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(given)) {
    const below = result[name];
    const isPlain = typeof value === 'object' && !Array.isArray(value) && typeof below === 'object' && below !== null;
    result[name] = isPlain ? merged(below, value as object) : value;
  }
  return result;
}
