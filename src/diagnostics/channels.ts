import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/**
 * What happens on servers, told by `node:diagnostics_channel`: whoever watches an app need not change it. Nothing is told of
 * connections that `connect()` made. Where nobody listens no message is made.
 *
 * What a subscriber throws does not reach the connection: Node makes an `'uncaughtException'` of it, as for all channels.
 */
export const channels = {
  /** An upgrade request has come: `{ request }`. */
  handshake: channel('switchboard:handshake'),
  /** It was refused, or its client has left: `{ request, status, code, error }`. */
  refusal: channel('switchboard:refusal'),
  /** It was accepted: `{ socket, request }`. */
  open: channel('switchboard:open'),
  /** A message has come whole: `{ socket, data, isBinary }`. */
  message: channel('switchboard:message'),
  /** A connection is closed: `{ socket, code, reason, cause }`. */
  close: channel('switchboard:close'),
  /** A peer takes what it is sent too slowly: `{ socket, room, policy }`. */
  slowConsumer: channel('switchboard:slow-consumer'),
  /** The status of a hub's adapter has changed: `{ hub, status, problem }`. */
  adapter: channel('switchboard:adapter'),
  /** Something is published by this node: `{ hub, rooms, data }`. */
  publish: channel('switchboard:publish'),
};

/**
 * The same where it takes time, as a `tracingChannel` of Node has it: `tracing:switchboard:handshake:start` and so on. `start`
 * runs the stores that are bound to it around all that follows, and `asyncEnd` is always the last, whether something was
 * waited for or not. The message is one object all along; the field `error` comes with `error`.
 */
export const traces = {
  /** From the arrival of an upgrade request to its answer: `{ request, status, code, socket, error }`. */
  handshake: tracingChannel<unknown, HandshakeTrace>('switchboard:handshake'),
  /** The handler of a route: `{ socket, request }`. */
  handler: tracingChannel<unknown, Trace>('switchboard:handler'),
  /** The `'message'` listeners of a connection: `{ socket, data, isBinary }`. */
  message: tracingChannel<unknown, Trace>('switchboard:message'),
  /** A publish of this node, and where it is confirmed, the confirmation: `{ hub, rooms, data }`. */
  publish: tracingChannel<unknown, Trace>('switchboard:publish'),
};

/** What the messages of a trace have in common. */
export interface Trace {
  error?: unknown;
}

export interface HandshakeTrace extends Trace {
  readonly request: IncomingMessage;
  /** 101 where it was accepted, 0 where the client has left. */
  status?: number;
  /** The code of the refusal. */
  code?: string;
  socket?: object;
}

/** Runs the call that a trace is of; it must call it, once, and return what that returns. */
export type Surroundings = <Result>(trace: object, message: Trace, call: () => Result) => Result;

let surroundings: Surroundings | undefined;

/**
 * Has traces run inside something that is no store: the context of OpenTelemetry, of which nobody is given the store. Only
 * traces with subscribers run inside it. Undefined ends it.
 */
export function surroundTraces(given: Surroundings | undefined): void {
  surroundings = given;
}

/** Calls a function inside a trace: what is to be around it, the stores, and `start`. */
export function startTrace<Message extends Trace, Result>(
  trace: TracingChannel<unknown, Message>,
  message: Message,
  call: () => Result,
): Result {
  const start = (): Result => trace.start.runStores(message, call);
  return surroundings === undefined ? start() : surroundings(trace, message, start);
}

/**
 * Calls a function as a trace: until it has returned, and its promise, if it returned one, has settled.
 *
 * @throws whatever the function throws
 */
export function traced<Result>(
  trace: TracingChannel<unknown, Trace>,
  details: object,
  call: () => Result | PromiseLike<Result>,
): Result | PromiseLike<Result> {
  const message: Trace = details;
  const settled = (): void => {
    trace.asyncStart.publish(message);
    trace.asyncEnd.publish(message);
  };
  const failed = (error: unknown): void => {
    message.error = error;
    trace.error.publish(message);
  };
  return startTrace(trace, message, () => {
    let result: Result | PromiseLike<Result>;
    try {
      result = call();
    } catch (error) {
      failed(error);
      trace.end.publish(message);
      settled();
      throw error;
    }
    trace.end.publish(message);
    if (!isThenable(result)) {
      settled();
      return result;
    }
    return Promise.resolve(result).then(
      (value) => {
        settled();
        return value;
      },
      (error) => {
        failed(error);
        settled();
        throw error;
      },
    );
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
