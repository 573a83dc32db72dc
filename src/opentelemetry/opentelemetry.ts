import { type Attributes, type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api';
import type { ChatServer } from '../chat/chat-server';
import { Counters } from '../diagnostics/counters';
import type { Switchboard } from '../express/switchboard';
import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { checkBoolean, describe, refuseUnknownOptions } from '../protocol/options';
import { BoardMeter } from './board-meter';
import { BoardTracer, isTraced } from './board-tracer';

/** What OpenTelemetry is told of a board, and where. */
export interface OpenTelemetryOptions {
  /** @default the global one, also where it is set later */
  tracerProvider?: TracerProvider;
  /** @default the global one, which must be set before */
  meterProvider?: MeterProvider;
  /**
   * A span for each message that `'message'` listeners get. Those of an application with many messages cost more than the
   * messages: sample them, or do without. Messages taken by `receive()` or `messages()` have none in any case.
   * @default true
   */
  messages?: boolean;
  /**
   * A span for each publish of this node to rooms.
   * @default true
   */
  publishes?: boolean;
  /**
   * On all spans and metrics of this board: `{ 'switchboard.board': 'public' }` tells several boards in one process apart.
   * @default none
   */
  attributes?: Attributes;
}

/** The spans and metrics of a board. */
export interface OpenTelemetry {
  /**
   * Ends them; where no board has any, nobody watches the channels any more. Spans that have not ended are lost: call it when
   * the board is closed, before the providers are shut down. A further call does nothing.
   */
  stop(): void;
}

/**
 * Tells OpenTelemetry what a board, or a ChatServer, does, as soon as it is called.
 *
 * Spans: one of each upgrade request (SERVER; its parent is what the request's headers say), below it one of the route's handler
 * until it has returned, which may be as long as the connection lasts; one of each message (CONSUMER; the root of a trace of its
 * own, with a link to the upgrade request, since a connection may last for days) until its listeners are done; one of each
 * publish (PRODUCER), below whatever is active then. While a handler or a listener runs its span is the active one, also after
 * `await`, and the baggage is that of the upgrade request; this needs a context manager, as the SDK for Node registers. Nothing
 * is carried through adapters to other nodes: members there get a message in batches with others of many publishes, far from any
 * request, and an application that wants one trace of it puts `traceHeaders()` into what it publishes.
 *
 * Metrics are what `metrics()` says, read once when they are collected, and the histogram `switchboard.handshake.duration`.
 *
 * @throws InvalidOptionError for options that are unknown or wrong, and for anything that is no board
 * @throws InvalidStateError when it was called with this board before, and not stopped
 */
export function openTelemetry(board: Switchboard | ChatServer, options: OpenTelemetryOptions = {}): OpenTelemetry {
  const { counters } = ((board as unknown) ?? {}) as { counters?: unknown };
  if (!(counters instanceof Counters)) {
    throw new InvalidOptionError(
      `openTelemetry() needs the board of switchboard(app), or a ChatServer, not ${describe(board)}`,
    );
  }
  refuseUnknownOptions('openTelemetry()', options, [
    'tracerProvider',
    'meterProvider',
    'messages',
    'publishes',
    'attributes',
  ]);
  const { messages = true, publishes = true, attributes = {} } = options;
  checkBoolean('messages', messages);
  checkBoolean('publishes', publishes);
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) {
    throw new InvalidOptionError(`Option 'attributes' must be an object, not ${describe(attributes)}`);
  }
  const tracers = provider('tracerProvider', 'getTracer', options.tracerProvider) ?? trace.getTracerProvider();
  const meters = provider('meterProvider', 'getMeter', options.meterProvider) ?? metrics.getMeterProvider();
  if (isTraced(counters)) {
    throw new InvalidStateError('openTelemetry() was called with this board before: stop() the former', {
      code: 'TELEMETRY_EXISTS',
    });
  }
  const meter = new BoardMeter(meters.getMeter('switchboard'), board, attributes);
  const tracer = new BoardTracer(tracers.getTracer('switchboard'), {
    counters,
    messages,
    publishes,
    attributes,
    onHandshake: (seconds, outcome) => meter.handshake(seconds, outcome),
  });
  return {
    stop: () => {
      tracer.stop();
      meter.stop();
    },
  };
}

function provider<Given extends object>(name: string, method: keyof Given & string, given: Given | undefined) {
  if (given === undefined || typeof (given as Given | null)?.[method] === 'function') return given;
  throw new InvalidOptionError(`Option '${name}' must have a method ${method}, not be ${describe(given)}`);
}
