import { EventEmitter } from 'node:events';
import { traced, traces } from '../diagnostics/channels';
import type { WebSocketError } from '../protocol/errors';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { type SocketEventListener, type SocketEventMap, toSocketEvent } from './socket-event';

/** What a connection emits, and with what. */
export interface ConnectionEventMap {
  /** A whole message: text as string, binary as Buffer. */
  message: [data: string | Buffer, isBinary: boolean];
  /** The connection is closed; see `closed` for who began it, and why. */
  close: [code: number, reason: string];
  /** The peer broke a rule, or the transport failed; `'close'` follows. Without a listener nothing happens. */
  error: [error: WebSocketError | Error];
  /** A ping came; it has been answered. */
  ping: [payload: Buffer];
  pong: [payload: Buffer];
  /** After `send()` had returned false: no more than `lowWaterMark` bytes wait. */
  drain: [];
  /** The credentials will expire, at this time in milliseconds since 1970, unless a later `expiresAt` is set. */
  expiring: [expiresAt: number];
}

type Listener<Name extends keyof ConnectionEventMap> = (...args: ConnectionEventMap[Name]) => void;

/** A listener of the emitter that stands for one of `addEventListener`'s. */
interface Wrapper {
  (...args: never[]): void;
  wraps?: unknown;
  attribute?: boolean;
}

/**
 * The event half of a connection: Node's emitter, and the names that browsers have for the same. A rejection of an async
 * listener does not become an unhandled one: it goes the way of an exception, to `failWith`.
 *
 * Its types say for themselves what the events are: those that Node's own types have for that change from version to version.
 */
export abstract class ConnectionEvents extends EventEmitter {
  /** Who listens for `'message'`, when that is only one. */
  private soleListener: Listener<'message'> | null = null;

  constructor() {
    super({ captureRejections: true });
  }

  /** @throws InvalidOptionError for `'open'`, which would never come */
  override on<Name extends keyof ConnectionEventMap>(name: Name, listener: Listener<Name>): this {
    if ((name as string) === 'open') throw openAlready();
    super.on(name, listener);
    this.findSoleListener();
    this.listening();
    return this;
  }

  override addListener<Name extends keyof ConnectionEventMap>(name: Name, listener: Listener<Name>): this {
    return this.on(name, listener);
  }

  override once<Name extends keyof ConnectionEventMap>(name: Name, listener: Listener<Name>): this {
    return super.once(name, listener);
  }

  override prependListener<Name extends keyof ConnectionEventMap>(name: Name, listener: Listener<Name>): this {
    super.prependListener(name, listener);
    this.findSoleListener();
    this.listening();
    return this;
  }

  override removeListener<Name extends keyof ConnectionEventMap>(name: Name, listener: Listener<Name>): this {
    super.removeListener(name, listener);
    this.findSoleListener();
    return this;
  }

  override off<Name extends keyof ConnectionEventMap>(name: Name, listener: Listener<Name>): this {
    return this.removeListener(name, listener);
  }

  override removeAllListeners(name?: keyof ConnectionEventMap): this {
    // Without a name, and with undefined as one, are two things to the emitter.
    if (name === undefined) super.removeAllListeners();
    else super.removeAllListeners(name);
    this.findSoleListener();
    return this;
  }

  /** This is the client's end. @internal */
  abstract readonly masks: boolean;

  /** Both sides have said goodbye, and nothing went wrong. @internal */
  abstract readonly isClean: boolean;

  /** Somebody listens who did not before. */
  protected abstract listening(): void;

  get onmessage(): SocketEventListener<'message'> | null {
    return this.attribute('message');
  }
  set onmessage(listener: SocketEventListener<'message'> | null) {
    this.setAttribute('message', listener);
  }

  get onclose(): SocketEventListener<'close'> | null {
    return this.attribute('close');
  }
  set onclose(listener: SocketEventListener<'close'> | null) {
    this.setAttribute('close', listener);
  }

  get onerror(): SocketEventListener<'error'> | null {
    return this.attribute('error');
  }
  set onerror(listener: SocketEventListener<'error'> | null) {
    this.setAttribute('error', listener);
  }

  /**
   * As in browsers, for `'message'`, `'close'` and `'error'`.
   *
   * @throws InvalidOptionError for another type, or a listener that is no function
   */
  addEventListener<Type extends keyof SocketEventMap>(
    type: Type,
    listener: SocketEventListener<Type>,
    options: { once?: boolean } = {},
  ): void {
    if (this.find(type, (wrapper) => wrapper.wraps === listener && wrapper.attribute !== true)) return;
    const wrapper = this.wrap(type, listener);
    if (options.once) this.once(type, wrapper as never);
    else this.on(type, wrapper as never);
  }

  removeEventListener<Type extends keyof SocketEventMap>(type: Type, listener: SocketEventListener<Type>): void {
    const found = this.find(type, (wrapper) => wrapper.wraps === listener && wrapper.attribute !== true);
    if (found !== undefined) this.removeListener(type, found as never);
  }

  /** Takes an error that the application made while it handled an event. @internal */
  abstract failWith(error: unknown): void;

  /** Emits, whatever the listeners do. @internal */
  protected emitSafely<Name extends keyof ConnectionEventMap>(name: Name, ...args: ConnectionEventMap[Name]): boolean {
    // An 'error' that nobody listens for must not be thrown, as emitters otherwise do.
    if (name === 'error' && this.listenerCount('error') === 0) return false;
    try {
      return (this as EventEmitter).emit(name, ...args);
    } catch (error) {
      this.failWith(error);
      return true;
    }
  }

  /**
   * Emits a message. Nearly always one function listens; calling it directly saves a fifth of what a short message costs.
   *
   * @returns whether anybody listened
   * @throws whatever a listener throws
   */
  protected emitMessage(data: string | Buffer, isBinary: boolean): boolean {
    if (traces.message.hasSubscribers && !this.masks) return this.emitTraced(data, isBinary);
    const listener = this.soleListener;
    if (listener === null) return this.emit('message', data, isBinary);
    const result: unknown = listener.call(this, data, isBinary);
    if (typeof result === 'object' && result !== null && 'then' in result) {
      Promise.resolve(result).catch((error) => this.failWith(error));
    }
    return true;
  }

  /** The same for whoever watches: as a trace that lasts until all that listeners have begun is done. */
  private emitTraced(data: string | Buffer, isBinary: boolean): boolean {
    const listeners = this.rawListeners('message');
    if (listeners.length === 0) return false;
    const running = traced(traces.message, { socket: this, data, isBinary }, () => {
      const results = listeners.map((listener): unknown => Reflect.apply(listener, this, [data, isBinary]));
      const promises = results.filter((result) => result instanceof Promise);
      return promises.length === 0 ? undefined : Promise.all(promises);
    });
    if (running instanceof Promise) running.catch((error) => this.failWith(error));
    return true;
  }

  private findSoleListener(): void {
    const listeners = this.rawListeners('message');
    this.soleListener = listeners.length === 1 ? (listeners[0] as Listener<'message'>) : null;
  }

  /** Called by Node for the rejection of a listener's promise. @internal */
  [Symbol.for('nodejs.rejection')](error: unknown): void {
    this.failWith(error);
  }

  private wrap(type: keyof SocketEventMap, listener: unknown): Wrapper {
    if ((type as string) === 'open') throw openAlready();
    if (!Object.hasOwn(toSocketEvent, type)) {
      throw new InvalidOptionError(`addEventListener() knows 'message', 'close' and 'error', not ${describe(type)}`);
    }
    if (typeof listener !== 'function') {
      throw new InvalidOptionError(`The listener for '${type}' must be a function, not ${describe(listener)}`);
    }
    const toEvent = toSocketEvent[type] as (target: ConnectionEvents, ...args: unknown[]) => unknown;
    // What the listener returns is returned, so that the rejection of an async one is seen.
    const wrapper: Wrapper = (...args: unknown[]) => listener.call(this, toEvent(this, ...args));
    wrapper.wraps = listener;
    return wrapper;
  }

  private find(type: keyof SocketEventMap, test: (wrapper: Wrapper) => boolean): Wrapper | undefined {
    for (const listener of this.rawListeners(type) as Array<Wrapper & { listener?: Wrapper }>) {
      // `once` keeps the listener it was given under this name.
      const wrapper = listener.listener ?? listener;
      if (test(wrapper)) return wrapper;
    }
    return undefined;
  }

  private attribute<Type extends keyof SocketEventMap>(type: Type): SocketEventListener<Type> | null {
    const found = this.find(type, (wrapper) => wrapper.attribute === true);
    return (found?.wraps as SocketEventListener<Type> | undefined) ?? null;
  }

  private setAttribute(type: keyof SocketEventMap, listener: unknown): void {
    const earlier = this.find(type, (wrapper) => wrapper.attribute === true);
    if (earlier !== undefined) this.removeListener(type, earlier as never);
    if (typeof listener !== 'function') return;
    const wrapper = this.wrap(type, listener);
    wrapper.attribute = true;
    this.on(type, wrapper as never);
  }
}

function openAlready(): InvalidOptionError {
  return new InvalidOptionError(
    "There is no 'open' event: a connection is open when a handler gets it, or connect() resolves",
  );
}
