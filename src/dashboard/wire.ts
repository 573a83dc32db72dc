/** What a dashboard's server tells its page, as JSON. The page imports these types, and nothing else of the server. */

/** How often each code has come. */
export type Counts = Readonly<Record<string, number>>;

/** One moment of a board and its process, and what has happened since the one before: about a second. The dashboard's own viewers are left out. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Now. */
  readonly connections: number;
  /** Per second, as all that follows up to `sentBytes`. */
  readonly opened: number;
  readonly closed: number;
  readonly received: number;
  readonly sent: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** Milliseconds that half, 95 % and 99 % of the answered handshakes took at most; null without any. */
  readonly handshake: readonly [p50: number, p95: number, p99: number] | null;
  /** Now: handshakes without an answer. */
  readonly pending: number;
  /** By code, those since the sample before. */
  readonly refusedBy: Counts;
  readonly closedBy: Counts;
  readonly failedBy: Counts;
  readonly limitedBy: Counts;
  /** Exceptions and rejections of handlers and listeners, since the sample before. */
  readonly handlerErrors: number;
  /** Now, in bytes. */
  readonly buffered: number;
  readonly incomplete: number;
  /** Now. */
  readonly rooms: number;
  readonly members: number;
  /** Per second. */
  readonly published: number;
  readonly delivered: number;
  readonly dropped: number;
  /** How late the event loop came, in milliseconds. */
  readonly loopDelay: readonly [p50: number, p90: number, max: number];
  /** The share of its time that the event loop was busy: 0 to 1. */
  readonly loopBusy: number;
  /** Processor time of the whole process: 1 is one core. */
  readonly cpu: number;
  /** Now, in bytes. */
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
}

/** A connection with much that waits to be sent. */
export interface WaitingConnection {
  /** Address and port, as far as they are known. */
  readonly address: string;
  readonly user: string | null;
  readonly buffered: number;
  /** Some of the rooms of `board.hub` that it is in. */
  readonly rooms: readonly string[];
}

/** What the page shows of now only. */
export interface Present {
  /** Since the board was made. */
  readonly totals: {
    readonly opened: number;
    readonly refused: Counts;
    readonly closed: Counts;
    readonly failed: Counts;
    readonly limited: Counts;
    readonly dropped: number;
    readonly handlerErrors: number;
  };
  readonly adapter: string;
  readonly handlersRunning: number;
  /** How many connections have anything that waits, and those with the most. */
  readonly waiting: { readonly count: number; readonly most: readonly WaitingConnection[] };
  /** The rooms of `board.hub` with the most members on this node; null where there are too many rooms to look at. */
  readonly largestRooms: readonly { readonly name: string; readonly members: number }[] | null;
  /** How many look at the dashboard. */
  readonly viewers: number;
}

/** The process behind the board. */
export interface Server {
  readonly host: string;
  readonly pid: number;
  readonly node: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The first message to a page is the whole history, the others are a second each. */
export type FeedMessage =
  | { readonly type: 'hello'; readonly server: Server; readonly samples: readonly Sample[]; readonly present: Present }
  | { readonly type: 'sample'; readonly sample: Sample; readonly present: Present };
