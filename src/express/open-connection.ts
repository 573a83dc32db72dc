import type { WebSocketConnection } from '../connection/websocket-connection';
import { traced, traces } from '../diagnostics/channels';
import { ConnectionClosedError, HandshakeError } from '../protocol/errors';
import { pendingUpgrade } from '../server/pending-upgrade';
import { boardOfRequest } from './boards';
import type { ExpressRequest, ExpressResponse, Next } from './express-internals';
import type { OptionsOfRoute } from './route-options';
import type { WebSocketHandler } from './types';

/** What a WebSocket route does when all its middleware has let the upgrade pass. */
export interface Endpoint {
  readonly options: OptionsOfRoute;
  readonly handler: WebSocketHandler<never>;
  /** It has seats beyond the limits. @default false */
  readonly isReserved?: boolean;
}

/**
 * Accepts the upgrade and gives the connection to the handler. What goes wrong before the 101 goes to Express's error
 * middleware; after it there is no response any more, so the connection is failed and the board told.
 */
export async function openConnection(
  endpoint: Endpoint,
  request: ExpressRequest,
  response: ExpressResponse,
  next: Next,
): Promise<void> {
  let connection: WebSocketConnection;
  try {
    const board = boardOfRequest(request);
    connection = await board.accept(request, response, endpoint.options.on(board), endpoint.isReserved);
  } catch (error) {
    const pending = pendingUpgrade(request);
    if (pending !== undefined && error instanceof HandshakeError) pending.refusal = error;
    // Nobody is there to be answered, and nobody did anything wrong.
    if (error instanceof ConnectionClosedError) return;
    // What Express takes for no error would have it go on to the next route: `identify` may reject with anything.
    next(error instanceof Error ? error : new Error('The upgrade failed', { cause: error }));
    return;
  }
  const { counters } = connection;
  const handle = (): unknown => endpoint.handler(connection, request as never);
  counters.handlersRunning++;
  try {
    if (traces.handler.hasSubscribers) await traced(traces.handler, { socket: connection, request }, handle);
    else await handle();
  } catch (error) {
    connection.failWith(error);
  } finally {
    counters.handlersRunning--;
    connection.openGate();
  }
}
