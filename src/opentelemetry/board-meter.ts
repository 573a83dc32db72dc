import type { Attributes, BatchObservableCallback, Histogram, Meter, Observable } from '@opentelemetry/api';
import { durationBounds } from '../diagnostics/histogram';
import { type Division, handshakeDuration, instruments } from '../diagnostics/instruments';
import type { Metrics } from '../diagnostics/metrics';

const attributeOf: Readonly<Record<Division, string>> = {
  closeCode: 'switchboard.close.code',
  error: 'error.type',
  limit: 'switchboard.limit.code',
  status: 'switchboard.adapter.state',
};

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
      description: handshakeDuration,
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
    instruments.forEach(({ by, isOfProcess, read }, index) => {
      const observable = this.#observables[index]!;
      const common = isOfProcess === true ? {} : this.attributes;
      const value = read(metrics);
      if (typeof value === 'number') {
        result.observe(observable, value, common);
        return;
      }
      for (const [name, count] of Object.entries(value))
        result.observe(observable, count, { ...common, [attributeOf[by!]]: name });
    });
  };
}
