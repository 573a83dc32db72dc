/**
 * `'connecting'` until the broker has answered, or failed to, for the first time; then `'ready'`, or `'degraded'` while it does
 * not answer: then what is published waits.
 */
export type AdapterStatus = 'ready' | 'closed' | 'connecting' | 'degraded';

/** The later one is here, the more somebody should know of it: of several adapters that one counts. */
export const adapterStatuses: readonly AdapterStatus[] = ['ready', 'closed', 'connecting', 'degraded'];
