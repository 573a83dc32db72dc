import { performance } from 'node:perf_hooks';
import type { HistogramSnapshot, Metrics } from '../diagnostics/metrics';
import type { ProcessState } from './process-state';
import type { Counts, Sample } from './wire';

/** Makes samples of the metrics: what a counter has gained, by the seconds that it took. */
export class Sampler {
  #before: { readonly metrics: Metrics; readonly time: number } | undefined;

  /** @returns nothing the first time, when there is nothing to compare with */
  take(metrics: Metrics, state: ProcessState): Sample | undefined {
    const now = { metrics, time: performance.now() };
    const before = this.#before;
    this.#before = now;
    if (before === undefined) return undefined;
    const seconds = Math.max(now.time - before.time, 1) / 1000;
    const rate = (count: (metrics: Metrics) => number) => {
      return round(gained(count(metrics), count(before.metrics)) / seconds);
    };
    const closedBy = gainedBy(metrics.connections.closed, before.metrics.connections.closed);
    return {
      at: metrics.at,
      connections: metrics.connections.open,
      opened: rate(({ connections }) => connections.opened),
      closed: round(sum(closedBy) / seconds),
      received: rate(({ messages }) => messages.received),
      sent: rate(({ messages }) => messages.sent),
      receivedBytes: rate(({ bytes }) => bytes.received),
      sentBytes: rate(({ bytes }) => bytes.sent),
      handshake: percentiles(metrics.handshakes.duration, before.metrics.handshakes.duration),
      pending: metrics.handshakes.pending,
      refusedBy: gainedBy(metrics.handshakes.refused, before.metrics.handshakes.refused),
      closedBy,
      failedBy: gainedBy(metrics.connections.failed, before.metrics.connections.failed),
      limitedBy: gainedBy(metrics.limited, before.metrics.limited),
      handlerErrors: gained(metrics.handlers.errors, before.metrics.handlers.errors),
      buffered: metrics.buffered,
      incomplete: metrics.incomplete,
      rooms: metrics.rooms.rooms,
      members: metrics.rooms.members,
      published: rate(({ rooms }) => rooms.published),
      delivered: rate(({ rooms }) => rooms.delivered),
      dropped: rate(({ rooms }) => rooms.dropped),
      ...state,
      loopDelay: [round(state.loopDelay[0]), round(state.loopDelay[1]), round(state.loopDelay[2])],
      loopBusy: round(state.loopBusy),
      cpu: round(state.cpu),
    };
  }
}

/** A counter that is lower than before began anew: all that it has came since. */
function gained(now: number, before = 0): number {
  return now >= before ? now - before : now;
}

function gainedBy(now: Counts, before: Counts): Counts {
  const gains = Object.entries(now).map(([code, count]) => [code, gained(count, before[code])] as const);
  return Object.fromEntries(gains.filter(([, gain]) => gain > 0));
}

export function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** What was measured since `before`, in milliseconds. */
function percentiles(now: HistogramSnapshot, before: HistogramSnapshot): Sample['handshake'] {
  const isNew = now.count < before.count;
  const count = gained(now.count, before.count);
  if (count === 0) return null;
  const buckets = now.buckets.map(({ le, count }, index) => {
    return { le, count: isNew ? count : count - (before.buckets[index]?.count ?? 0) };
  });
  const at = (share: number) => round(1000 * quantile(buckets, count * share));
  return [at(0.5), at(0.95), at(0.99)];
}

/** Where the `rank`-th lies, as if those of a bucket were spread evenly; those beyond the last bound lie at it. */
function quantile(buckets: HistogramSnapshot['buckets'], rank: number): number {
  let below = { le: 0, count: 0 };
  for (const bucket of buckets) {
    if (bucket.count >= rank) {
      const share = (rank - below.count) / (bucket.count - below.count);
      return below.le + share * (bucket.le - below.le);
    }
    below = bucket;
  }
  return below.le;
}

/** Three places are enough for a chart, and make short messages. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
