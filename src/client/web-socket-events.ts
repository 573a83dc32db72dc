type EventOptions = ConstructorParameters<typeof Event>[1];

/**
 * The connection is closed, as in browsers. Node has had a global of this name from 23 on; this one is the same on all.
 */
export class CloseEvent extends Event {
  /** Both sides have said goodbye. */
  readonly wasClean: boolean;
  /** The code of the peer's close frame, 1005 where it had none, 1006 where none came. */
  readonly code: number;
  readonly reason: string;

  constructor(type: string, init: EventOptions & { wasClean?: boolean; code?: number; reason?: string } = {}) {
    super(type, init);
    this.wasClean = init.wasClean ?? false;
    this.code = init.code ?? 0;
    this.reason = init.reason ?? '';
  }
}

/**
 * The connection failed; `close` follows. Beside what browsers have, it says why, as the one of Node's own `WebSocket`
 * does.
 */
export class WebSocketErrorEvent extends Event {
  readonly message: string;
  readonly error: Error;

  constructor(error: Error) {
    super('error');
    this.message = error.message;
    this.error = error;
  }
}

export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: WebSocketErrorEvent;
  close: CloseEvent;
}

export type WebSocketEventHandler<Target, Type extends keyof WebSocketEventMap> =
  | ((this: Target, event: WebSocketEventMap[Type]) => unknown)
  | null;

/**
 * The `on…` attributes of an event target: each is one listener, whose place in the order of listeners is that of the
 * first function it was set to.
 */
export class EventHandlers<Target extends EventTarget> {
  private readonly handlers = new Map<string, { call: unknown; listener: (event: Event) => void }>();

  constructor(private readonly target: Target) {}

  get(type: string): unknown {
    return this.handlers.get(type)?.call ?? null;
  }

  set(type: string, value: unknown): void {
    const handler = this.handlers.get(type);
    if (typeof value !== 'function') {
      if (handler === undefined) return;
      this.target.removeEventListener(type, handler.listener);
      this.handlers.delete(type);
    } else if (handler !== undefined) {
      handler.call = value;
    } else {
      const added = {
        call: value as (event: Event) => unknown,
        listener: (event: Event): unknown => added.call.call(this.target, event),
      };
      this.handlers.set(type, added);
      this.target.addEventListener(type, added.listener);
    }
  }
}
