import type { AdapterStatus } from './adapter-status';

/** How many of what was measured were no larger than each bound: what Prometheus calls a histogram. */
export interface HistogramSnapshot {
  /** Upper bounds, ascending, and for each how many were no larger; those beyond the last are in `count` only. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

/** What a board has done since it was made, and how it is now: `board.metrics()`. Durations are in seconds, sizes in bytes. */
export interface Metrics {
  /** When it was read, in milliseconds since 1970. */
  readonly at: number;
  readonly connections: {
    /** Now. */
    readonly open: number;
    /** Accepted, ever. */
    readonly opened: number;
    /** Ever, by the close code that `'close'` tells: 1006 where the connection was lost. Codes after the first hundred are `other`. */
    readonly closed: Readonly<Record<string, number>>;
    /** Those of `closed` that this side failed, by the code of the error: `'SLOW_CONSUMER'`, `'INVALID_UTF8'`, … */
    readonly failed: Readonly<Record<string, number>>;
  };
  readonly handshakes: {
    /** Now: upgrade requests that have no answer yet. */
    readonly pending: number;
    readonly accepted: number;
    /** By the code of the error (`'FOREIGN_ORIGIN'`, `'TOO_MANY_CONNECTIONS'`, …), or `'HTTP_401'` where middleware has answered. */
    readonly refused: Readonly<Record<string, number>>;
    /** From the arrival of the request to its answer. */
    readonly duration: HistogramSnapshot;
  };
  readonly messages: { readonly received: number; readonly sent: number };
  /** Payload of messages, as the application has it: inflated, without headers. */
  readonly bytes: { readonly received: number; readonly sent: number };
  /** How often a limit has held something up or refused it without closing, by its code: `'MESSAGE_RATE'`, … */
  readonly limited: Readonly<Record<string, number>>;
  readonly handlers: {
    /** Route handlers that have not returned yet. */
    readonly running: number;
    /** Exceptions and rejections of handlers and listeners, ever. */
    readonly errors: number;
  };
  /** Now: bytes that wait to be sent, on all connections. */
  readonly buffered: number;
  /** Now: bytes of messages that have not come to their end, on all connections of the process. */
  readonly incomplete: number;
  readonly rooms: {
    /** Now, on this node. */
    readonly rooms: number;
    readonly members: number;
    readonly published: number;
    /** A message to a member each. */
    readonly delivered: number;
    /** Messages that slow members did not get. */
    readonly dropped: number;
    /** Of the hub's adapter; `'ready'` where there is none. */
    readonly adapter: AdapterStatus;
  };
}
