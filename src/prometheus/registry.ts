import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/**
 * What is needed of a `Registry` of prom-client. Nothing of prom-client is loaded here: a second copy of it would have a default
 * registry of its own, which nobody scrapes.
 */
export interface PrometheusRegistry {
  registerMetric(metric: never): void;
  getSingleMetric(name: string): unknown;
  removeSingleMetric(name: string): void;
}

const methods = ['registerMetric', 'getSingleMetric', 'removeSingleMetric'] as const;

/** @throws InvalidOptionError for what is no registry */
export function checkRegistry(given: unknown): PrometheusRegistry {
  const registry = given as Record<string, unknown> | null | undefined;
  if (methods.every((method) => typeof registry?.[method] === 'function')) return given as PrometheusRegistry;
  throw new InvalidOptionError(
    "Option 'register' of prometheus() must be a Registry of prom-client, such as its default: " +
      `import { register } from 'prom-client'; not ${describe(given)}`,
  );
}
