import { type Division, handshakeDuration, type Instrument, instruments } from '../diagnostics/instruments';
import type { HistogramSnapshot, Metrics } from '../diagnostics/metrics';

const labelOf: Readonly<Record<Division, string>> = {
  closeCode: 'code',
  error: 'error',
  limit: 'limit',
  status: 'status',
};

/** Labels that samples have for themselves. */
export const ownLabels: readonly string[] = [...Object.values(labelOf), 'le'];

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

/** All that a board exposes. */
export const families: readonly Family[] = [
  ...instruments.map(familyOf),
  {
    name: 'handshake_duration_seconds',
    help: handshakeDuration,
    type: 'histogram',
    samples: ({ handshakes }) => histogramSamples(handshakes.duration),
  },
];

function familyOf(instrument: Instrument): Family {
  const { name, unitName = name.replaceAll('.', '_'), isLevel, description, by, isOfProcess = false } = instrument;
  return {
    name: isLevel ? unitName : `${unitName}_total`,
    help: description,
    type: isLevel ? 'gauge' : 'counter',
    isOfProcess,
    samples: (metrics) => {
      const value = instrument.read(metrics);
      if (typeof value === 'number') return [{ labels: {}, value }];
      return Object.entries(value).map(([each, count]) => ({ labels: { [labelOf[by!]]: each }, value: count }));
    },
  };
}

function histogramSamples({ buckets, count, sum }: HistogramSnapshot): Sample[] {
  return [
    ...buckets.map(({ le, count: below }) => ({ labels: { le }, value: below, suffix: '_bucket' })),
    { labels: { le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels: {}, value: sum, suffix: '_sum' },
    { labels: {}, value: count, suffix: '_count' },
  ];
}
