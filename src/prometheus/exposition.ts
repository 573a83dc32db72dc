import type { Metrics } from '../diagnostics/metrics';
import type { Family, Sample } from './families';

/** A board, and the labels that tell it from others. */
export interface Source {
  readonly board: { metrics(): Metrics };
  readonly labels: Readonly<Record<string, string>>;
}

/** The boards whose metrics have the same names in the same registry. */
export class Exposition {
  readonly sources = new Set<Source>();
  #snapshots: Array<{ labels: Source['labels']; metrics: Metrics }> | undefined;

  /** A sample of every board, or of the process; named and labelled in full. */
  values(family: Family, name: string): MetricValue[] {
    const snapshots = this.#read();
    const toValue = ({ suffix, value, labels }: Sample, own: Source['labels']): MetricValue => {
      return { value, labels: { ...own, ...labels }, ...(suffix !== undefined && { metricName: name + suffix }) };
    };
    if (family.isOfProcess === true) {
      return snapshots.slice(0, 1).flatMap(({ metrics }) => family.samples(metrics).map((each) => toValue(each, {})));
    }
    return snapshots.flatMap(({ labels, metrics }) => family.samples(metrics).map((each) => toValue(each, labels)));
  }

  /** A registry asks all its metrics in one go: they are of one snapshot, so that their numbers agree. */
  #read(): Array<{ labels: Source['labels']; metrics: Metrics }> {
    if (this.#snapshots === undefined) {
      this.#snapshots = Array.from(this.sources, ({ board, labels }) => ({ labels, metrics: board.metrics() }));
      queueMicrotask(() => {
        this.#snapshots = undefined;
      });
    }
    return this.#snapshots;
  }
}

interface MetricValue {
  readonly value: number;
  readonly labels: Record<string, string | number>;
  readonly metricName?: string;
}

/** What a registry of prom-client takes for a metric; its values are made when it is scraped, and not before. */
export class BoardMetric {
  readonly help: string;
  readonly type: Family['type'];
  /** For a cluster, where the registry of the primary adds up what its workers say. */
  readonly aggregator = 'sum';
  /** A registry that speaks OpenMetrics takes `_total` off. */
  name: string;

  /** @param registeredName with prefix */
  constructor(
    readonly exposition: Exposition,
    private readonly family: Family,
    readonly registeredName: string,
  ) {
    this.name = registeredName;
    this.help = family.help;
    this.type = family.type;
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: this.exposition.values(this.family, this.registeredName) };
  }

  /** Asked for by `registry.resetMetrics()`; the numbers are the board's. */
  reset(): void {}
}
