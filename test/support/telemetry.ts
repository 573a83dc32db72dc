import { type Attributes, context, propagation, type SpanKind } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** Sets what an application's SDK sets for the whole process. */
export function useContexts(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
}

export function forgetContexts(): void {
  context.disable();
  propagation.disable();
}

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Providers that keep what they are told. */
export class Telemetry {
  readonly #exporter = new InMemorySpanExporter();
  readonly #reader = new Reader();
  readonly tracerProvider: BasicTracerProvider;
  readonly meterProvider = new MeterProvider({ readers: [this.#reader] });

  constructor(sampler?: Sampler) {
    this.tracerProvider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(this.#exporter)],
      ...(sampler && { sampler }),
    });
  }

  /** Those that have ended, in that order. */
  get spans(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  get names(): string[] {
    return this.spans.map(({ name }) => name);
  }

  /** The one with this name. */
  span(name: string): ReadableSpan {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length === 1) return found[0]!;
    throw new Error(`There are ${found.length} spans named '${name}' among ${this.names.join(', ')}`);
  }

  of(kind: SpanKind): ReadableSpan[] {
    return this.spans.filter((span) => span.kind === kind);
  }

  /** Every data point, as the name of its metric, its attributes and its value. */
  async metrics(): Promise<Array<{ name: string; unit: string; attributes: Attributes; value: unknown }>> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({
          name: descriptor.name,
          unit: descriptor.unit,
          attributes,
          value,
        })),
      ),
    );
  }

  async shutdown(): Promise<void> {
    await Promise.all([this.tracerProvider.shutdown(), this.meterProvider.shutdown()]);
  }
}
