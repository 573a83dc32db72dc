import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  diag,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type HandshakeTrace, surroundTraces, type Trace, traces } from '../diagnostics/channels';
import type { Counters } from '../diagnostics/counters';
import type { RoomCounters } from '../diagnostics/room-counters';
import { WebSocketError } from '../protocol/errors';
import { pendingUpgrade } from '../server/pending-upgrade';
import { clientAddress, methodOf, requestAttributes, routeOf, statusOf } from './handshake-attributes';

export interface BoardTracerInit {
  readonly counters: Counters;
  readonly messages: boolean;
  readonly publishes: boolean;
  readonly attributes: Attributes;
  /** An upgrade request was answered. */
  readonly onHandshake: (seconds: number, attributes: Attributes) => void;
}

interface HandlerTrace extends Trace {
  readonly socket: { readonly counters: Counters };
  readonly request: HandshakeTrace['request'];
}

interface MessageTrace extends Trace {
  readonly socket: { readonly counters: Counters };
  readonly data: string | Buffer;
  readonly isBinary: boolean;
}

interface PublishTrace extends Trace {
  readonly hub: { readonly counters: RoomCounters };
  readonly rooms: readonly string[];
}

/** A span that has not ended. */
interface Running {
  readonly span: Span;
  readonly inside: Context;
  readonly began: number;
}

/** What is kept of a connection for the spans of its handler and its messages. */
interface Origin {
  readonly context: Context;
  readonly route: string | undefined;
}

const tracers = new Map<Counters, BoardTracer>();

/** Whose span is active: a hub that no board counts is published to on behalf of the board whose handler does. */
const tracerKey = createContextKey('switchboard.tracer');

/** Whether spans are made for the board that counts here. */
export function isTraced(counters: Counters): boolean {
  return tracers.has(counters);
}

/** The spans of one board, from when it is made. They begin by what is around traces, and end when those do. */
export class BoardTracer {
  /** By the message of the trace. */
  readonly #running = new WeakMap<object, Running>();
  /** By connection. */
  readonly #origins = new WeakMap<object, Origin>();
  readonly #endings: ReadonlyArray<
    readonly [channel: typeof traces.handler.asyncEnd, listener: (message: unknown) => void]
  >;

  constructor(
    private readonly tracer: Tracer,
    private readonly init: BoardTracerInit,
  ) {
    const end = guarded((message) => this.#end(message));
    this.#endings = [
      [traces.handshake.asyncEnd, guarded((message) => this.#endHandshake(message as HandshakeTrace))],
      [traces.handler.asyncEnd, end],
      ...(init.messages ? [[traces.message.asyncEnd, end] as const] : []),
      ...(init.publishes ? [[traces.publish.asyncEnd, end] as const] : []),
    ];
    for (const [channel, listener] of this.#endings) channel.subscribe(listener);
    tracers.set(init.counters, this);
    surroundTraces(surround);
  }

  stop(): void {
    for (const [channel, listener] of this.#endings) channel.unsubscribe(listener);
    // Not that of a later call with this board.
    if (this.isRunning) tracers.delete(this.init.counters);
    if (tracers.size === 0) surroundTraces(undefined);
  }

  get isRunning(): boolean {
    return tracers.get(this.init.counters) === this;
  }

  get messages(): boolean {
    return this.init.messages;
  }

  get publishes(): boolean {
    return this.init.publishes;
  }

  /** @returns the context that the upgrade request is answered in */
  beginHandshake(message: HandshakeTrace): Context {
    const { request } = message;
    // Not what is active: that is wherever the server was made to listen.
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const attributes = requestAttributes(request);
    return this.#begin(message, methodOf(request), SpanKind.SERVER, attributes, parent);
  }

  beginHandler(message: HandlerTrace): Context {
    const { socket, request } = message;
    const { context: parent, route } = this.#origins.get(socket) ?? {
      context: propagation.extract(ROOT_CONTEXT, request.headers),
      route: routeOf(request),
    };
    const attributes = { ...(route !== undefined && { 'http.route': route }) };
    return this.#begin(message, named('handler', route), SpanKind.INTERNAL, attributes, parent);
  }

  beginMessage(message: MessageTrace): Context {
    const { data, isBinary, socket } = message;
    const origin = this.#origins.get(socket);
    const attributes = {
      'messaging.system': 'websocket',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.message.body.size': isBinary ? data.length : Buffer.byteLength(data),
      ...(origin?.route !== undefined && { 'http.route': origin.route }),
    };
    // The baggage of the upgrade request goes on.
    const parent = trace.deleteSpan(origin?.context ?? ROOT_CONTEXT);
    const link = origin && trace.getSpanContext(origin.context);
    const links = link !== undefined && isSpanContextValid(link) ? [{ context: link }] : [];
    return this.#begin(message, named('process', origin?.route), SpanKind.CONSUMER, attributes, parent, links);
  }

  beginPublish(message: PublishTrace): Context {
    const { rooms } = message;
    const attributes = {
      'messaging.system': 'websocket',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'publish',
      ...(rooms.length === 1 ? { 'messaging.destination.name': rooms[0]! } : { 'switchboard.rooms': [...rooms] }),
    };
    return this.#begin(message, 'publish', SpanKind.PRODUCER, attributes, context.active());
  }

  #begin(
    message: object,
    name: string,
    kind: SpanKind,
    own: Attributes,
    parent: Context,
    links: Array<{ context: ReturnType<Span['spanContext']> }> = [],
  ): Context {
    const attributes = { ...this.init.attributes, ...own };
    const span = this.tracer.startSpan(name, { kind, attributes, links }, parent);
    const inside = trace.setSpan(parent, span).setValue(tracerKey, this);
    this.#running.set(message, { span, inside, began: performance.now() });
    return inside;
  }

  #end(message: Trace): void {
    const running = this.#running.get(message);
    if (running === undefined) return;
    if ('error' in message) fail(running.span, message.error);
    running.span.end();
  }

  #endHandshake(message: HandshakeTrace): void {
    const running = this.#running.get(message);
    if (running === undefined) return;
    const { request, socket, code, status = 0, error } = message;
    const { span, inside, began } = running;
    if (socket !== undefined) {
      const route = routeOf(request);
      this.#origins.set(socket, { context: inside, route });
      if (route !== undefined) span.updateName(named(methodOf(request), route)).setAttribute('http.route', route);
    }
    const address = clientAddress(request);
    if (address !== undefined) span.setAttribute('client.address', address);
    const outcome: Attributes = {
      ...(status !== 0 && { 'http.response.status_code': statusOf(request, status) }),
      // Without a status its client has left.
      ...(code !== undefined && (status === 0 || status >= 400) && { 'error.type': code }),
    };
    span.setAttributes(outcome);
    if (status >= 500) fail(span, error);
    span.end();
    if (status !== 0) this.init.onHandshake((performance.now() - began) / 1000, outcome);
  }
}

/** Runs the call of a trace in the context of its span, if its board has one. Whatever fails here, the call is made. */
function surround<Result>(which: object, message: Trace, call: () => Result): Result {
  let inside: Context | undefined;
  try {
    inside = begin(which, message);
  } catch (error) {
    complain(error);
  }
  return inside === undefined ? call() : context.with(inside, call);
}

function begin(which: object, message: object): Context | undefined {
  if (which === traces.message) {
    const tracer = tracers.get((message as MessageTrace).socket.counters);
    return tracer?.messages ? tracer.beginMessage(message as MessageTrace) : undefined;
  }
  if (which === traces.publish) {
    const tracer = publisherOf(message as PublishTrace);
    return tracer?.publishes ? tracer.beginPublish(message as PublishTrace) : undefined;
  }
  if (which === traces.handler)
    return tracers.get((message as HandlerTrace).socket.counters)?.beginHandler(message as HandlerTrace);
  const { request } = message as HandshakeTrace;
  const counters = pendingUpgrade(request)?.record.counters;
  return counters && tracers.get(counters)?.beginHandshake(message as HandshakeTrace);
}

function publisherOf({ hub }: PublishTrace): BoardTracer | undefined {
  const active = context.active().getValue(tracerKey) as BoardTracer | undefined;
  if (active?.isRunning) return active;
  for (const [counters, tracer] of tracers) if (hub.counters.isCountedBy(counters)) return tracer;
  return undefined;
}

function named(what: string, route: string | undefined): string {
  return route === undefined ? what : `${what} ${route}`;
}

function fail(span: Span, error: unknown): void {
  if (error === undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    return;
  }
  const exception = error instanceof Error ? error : String(error);
  const message = typeof exception === 'string' ? exception : exception.message;
  const type = error instanceof WebSocketError ? error.code : typeof exception === 'string' ? '_OTHER' : exception.name;
  span.setAttribute('error.type', type);
  span.recordException(exception);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** What a subscriber throws would end the process. */
function guarded(listener: (message: Trace) => void): (message: unknown) => void {
  return (message) => {
    try {
      listener(message as Trace);
    } catch (error) {
      complain(error);
    }
  };
}

function complain(error: unknown): void {
  diag.error('switchboard: a span could not be made', error);
}
