/** `switchboard/opentelemetry`: spans and metrics of boards, through `@opentelemetry/api`. */

export { type OpenTelemetry, type OpenTelemetryOptions, openTelemetry } from './opentelemetry';
export { traceHeaders } from './trace-headers';
