/** `switchboard/prometheus`: what boards have done, for a registry of prom-client. */

export { type PrometheusMetrics, type PrometheusOptions, prometheus } from './prometheus';
export type { PrometheusRegistry } from './registry';
