import { context, propagation } from '@opentelemetry/api';

/**
 * Headers that tell a server which trace a connection is part of, `traceparent` with the usual propagator: those of the context
 * that is active.
 *
 * ```ts
 * const socket = await connect(url, { headers: traceHeaders() });
 * ```
 *
 * @param headers others to send; they are copied
 */
export function traceHeaders(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const carrier = { ...headers };
  propagation.inject(context.active(), carrier);
  return carrier;
}
