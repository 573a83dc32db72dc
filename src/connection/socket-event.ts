import type { ConnectionEvents } from './connection-events';

interface Base<Type extends string> {
  readonly type: Type;
  readonly target: ConnectionEvents;
}

/** A whole message. */
export interface SocketMessageEvent extends Base<'message'> {
  /** Text as string, binary as Buffer. */
  readonly data: string | Buffer;
}

/** The connection is closed. */
export interface SocketCloseEvent extends Base<'close'> {
  readonly code: number;
  readonly reason: string;
  /** Both sides said goodbye, and nothing went wrong. */
  readonly wasClean: boolean;
}

/** The peer broke a rule, or the transport failed; `'close'` follows. */
export interface SocketErrorEvent extends Base<'error'> {
  readonly error: Error;
  readonly message: string;
}

/** What `addEventListener` and the `on…` properties call their listeners with, as in browsers. */
export interface SocketEventMap {
  message: SocketMessageEvent;
  close: SocketCloseEvent;
  error: SocketErrorEvent;
}

export type SocketEventListener<Type extends keyof SocketEventMap> = (event: SocketEventMap[Type]) => void;

/** Makes these events of what the emitter's listeners get. */
export const toSocketEvent = {
  message: (target: ConnectionEvents, data: string | Buffer): SocketMessageEvent => ({ type: 'message', target, data }),
  close: (target: ConnectionEvents, code: number, reason: string): SocketCloseEvent => ({
    type: 'close',
    target,
    code,
    reason,
    wasClean: target.isClean,
  }),
  error: (target: ConnectionEvents, error: Error): SocketErrorEvent => ({
    type: 'error',
    target,
    error,
    message: error.message,
  }),
};
