import type { ResolvedOptions } from './options';
import { listenToPage } from './page-events';
import { probe } from './protocol';
import { type Closure, hintIn, isFinal, retryDelay } from './retry';
import { type ChatUrl, type WebSocketLike, webSocketClass, webSocketUrl } from './web-socket';

/** Where the connection stands. */
export type ConnectionState =
  | { readonly status: 'connecting' }
  | { readonly status: 'open' }
  | {
      /** It was lost, or could not be made, and will be tried again. */
      readonly status: 'waiting';
      /** When, in milliseconds since 1970. */
      readonly retryAt: number;
      /** As the close event says: 1006 where there was no closing handshake. */
      readonly code: number;
      readonly reason: string;
      /** Why it could not be made, where that is known: what the function for the URL threw, for one. Browsers do not tell. */
      readonly error?: unknown;
    }
  | {
      /** For good: by `close()`, or because the server said so. `connect()` begins anew. */
      readonly status: 'closed';
      readonly code: number;
      readonly reason: string;
    };

/** What a socket tells whoever has it. */
export interface SocketOwner {
  opened(): void;
  received(data: unknown): void;
  /** The connection is gone: for a while, or for good. */
  lost(code: number, isForGood: boolean): void;
  /** The state, behind the others. */
  changed(state: ConnectionState): void;
  /** Whether the server owes an answer. */
  readonly isOwed: boolean;
}

/** A connection that lived this long, in milliseconds, has worked: the next loss begins with the first delay again. */
const stableAfter = 5_000;

type Timer = ReturnType<typeof setTimeout>;

/** A WebSocket that is made anew when it is lost, or when the server is silent for too long. */
export class ReconnectingSocket {
  readonly #url: () => string | URL | Promise<string | URL>;
  /** The URL may be another one each time, with another ticket for example. */
  readonly #renewsUrl: boolean;
  readonly #options: ResolvedOptions;
  readonly #owner: SocketOwner;
  #state: ConnectionState = { status: 'closed', code: 1000, reason: '' };
  #socket: WebSocketLike | undefined;
  /** Tells the attempt under way from those that were given up. */
  #attempt = 0;
  #failures = 0;
  /** What the server's hint allows, in milliseconds since 1970. */
  #notBefore = 0;
  #stopListening: (() => void) | undefined;
  /** Until the attempt has failed, or the next one begins. */
  #dialTimer: Timer | undefined;
  #stableTimer: Timer | undefined;
  #silenceTimer: Timer | undefined;
  /** Whether the silence is measured against `answerTimeout`. */
  #isImpatient = false;

  constructor(url: ChatUrl, options: ResolvedOptions, owner: SocketOwner) {
    this.#renewsUrl = typeof url === 'function';
    this.#url = typeof url === 'function' ? url : () => url;
    this.#options = options;
    this.#owner = owner;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isOpen(): boolean {
    return this.#state.status === 'open';
  }

  /** Connects at once, unless it is connected or connecting. */
  connect(): void {
    const { status } = this.#state;
    if (status === 'closed') {
      this.#stopListening = listenToPage({
        awake: () => this.#awake(),
        offline: () => {
          if (this.#socket !== undefined) this.#lost({ code: 1006, reason: 'The browser is offline' });
        },
      });
    }
    if (status === 'closed' || status === 'waiting') this.#dial();
  }

  /** Sends a request that the server will answer. */
  send(text: string): void {
    this.#socket!.send(text);
    // Only the first one that is owed: with each that follows, a dead connection would get more time.
    if (!this.#isImpatient) this.#listen(true);
  }

  close(): void {
    if (this.#state.status !== 'closed') this.#end({ code: 1000, reason: '' });
  }

  #dial(): void {
    clearTimeout(this.#dialTimer);
    const attempt = ++this.#attempt;
    const { connectTimeout } = this.#options;
    this.#dialTimer = setTimeout(
      () => this.#lost({ code: 1006, reason: `Not open within ${connectTimeout} ms` }),
      connectTimeout,
    );
    this.#enter({ status: 'connecting' });
    void this.#attach(attempt);
  }

  async #attach(attempt: number): Promise<void> {
    try {
      const url = await this.#url();
      if (attempt !== this.#attempt) return;
      const socket = new (webSocketClass(this.#options.WebSocket))(webSocketUrl(url));
      this.#socket = socket;
      let problem: unknown;
      socket.onopen = () => {
        if (socket === this.#socket) this.#opened();
      };
      socket.onmessage = ({ data }: { data: unknown }) => {
        if (socket !== this.#socket) return;
        this.#owner.received(data);
        if (socket === this.#socket) this.#listen(this.#owner.isOwed);
      };
      // Stays there when the socket is given up: with some libraries an error without a listener ends the process.
      socket.onerror = ({ error }: { error?: unknown }) => {
        problem = error;
      };
      socket.onclose = ({ code, reason }: Closure) => {
        if (socket === this.#socket) this.#lost({ code, reason }, problem);
      };
    } catch (error) {
      if (attempt === this.#attempt) this.#lost({ code: 1006, reason: '' }, error);
    }
  }

  #opened(): void {
    clearTimeout(this.#dialTimer);
    this.#stableTimer = setTimeout(() => {
      this.#failures = 0;
    }, stableAfter);
    this.#listen(false);
    this.#enter({ status: 'open' }, () => this.#owner.opened());
  }

  /** Measures the silence from now on. */
  #listen(isImpatient: boolean): void {
    clearTimeout(this.#silenceTimer);
    this.#isImpatient = isImpatient;
    const { answerTimeout, probeInterval } = this.#options;
    const delay = isImpatient ? answerTimeout / 2 : probeInterval;
    if (delay !== false) this.#silenceTimer = setTimeout(() => this.#probe(), delay);
  }

  /** An answer may take its time, as when the server waits for its broker; this one does not. */
  #probe(): void {
    clearTimeout(this.#silenceTimer);
    this.#isImpatient = true;
    const closure = { code: 1006, reason: 'The server does not answer' };
    this.#silenceTimer = setTimeout(() => this.#lost(closure), this.#options.answerTimeout / 2);
    this.#socket!.send(probe);
  }

  #awake(): void {
    if (this.isOpen) this.#probe();
    else if (this.#state.status === 'waiting' && Date.now() >= this.#notBefore) this.#dial();
  }

  #lost(closure: Closure, error?: unknown): void {
    if (isFinal(closure, this.#renewsUrl)) {
      this.#end(closure);
      return;
    }
    this.#detach();
    const delay = retryDelay(this.#failures++, closure, this.#options);
    this.#notBefore = Date.now() + 1000 * (hintIn(closure.reason) ?? 0);
    this.#dialTimer = setTimeout(() => this.#dial(), delay);
    const retryAt = Date.now() + delay;
    const state: ConnectionState = { status: 'waiting', retryAt, ...closure, ...(error !== undefined && { error }) };
    this.#enter(state, () => this.#owner.lost(closure.code, false));
  }

  #end(closure: Closure): void {
    this.#detach();
    this.#stopListening?.();
    this.#failures = 0;
    this.#enter({ status: 'closed', ...closure }, () => this.#owner.lost(closure.code, true));
  }

  #detach(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#attempt++;
    for (const timer of [this.#dialTimer, this.#stableTimer, this.#silenceTimer]) clearTimeout(timer);
    socket?.close(1000);
  }

  /** The state is told last, and only while it is one: what is told before may change it. */
  #enter(state: ConnectionState, tellFirst?: () => void): void {
    this.#state = state;
    tellFirst?.();
    if (this.#state === state) this.#owner.changed(state);
  }
}
