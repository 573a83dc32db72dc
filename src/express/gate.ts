import { HandshakeError, InvalidStateError } from '../protocol/errors';
import { validateUpgradeRequest } from '../protocol/handshake';
import { pendingUpgrade } from '../server/pending-upgrade';
import { isWebSocketUpgrade } from '../server/receive-upgrades';
import type { ExpressRequest, Handle, Route } from './express-internals';

const upgradeHandler: unique symbol = Symbol('switchboard.upgradeHandler');
const passed: unique symbol = Symbol('switchboard.passedGate');

type MarkedHandle = Handle & { [upgradeHandler]?: true };
type MarkedRequest = ExpressRequest & { [passed]?: true };

/** Marks a request handler as one that takes upgrades; without the mark, an upgrade passes over a page's route. */
export function markUpgradeHandler<T extends Handle>(handle: T): T {
  (handle as MarkedHandle)[upgradeHandler] = true;
  return handle;
}

export function isUpgradeHandler(handle: Handle): boolean {
  return (handle as MarkedHandle)[upgradeHandler] === true;
}

/** True for a route that takes upgrades: one of `app.ws`, or with `upgrade()` among its handlers. */
export function isUpgradeRoute(route: Route): boolean {
  return route.stack.some((layer) => isUpgradeHandler(layer.handle));
}

/** True for a request that came by a WebSocket route without asking for one. */
export function passedGate(request: ExpressRequest): boolean {
  return (request as MarkedRequest)[passed] === true;
}

/** The first handler of every WebSocket route: sends ordinary requests on, to whatever else is at the same path. */
export const gate: Handle = markUpgradeHandler(function webSocketGate(request, _response, next) {
  if (pendingUpgrade(request) !== undefined) return next();
  next(wayAround(request) ?? 'route');
});

/**
 * What to tell an ordinary request at a WebSocket route: undefined to let it pass. If nothing answers it further on,
 * the app's last word will be 426.
 */
export function wayAround(request: ExpressRequest): Error | undefined {
  (request as MarkedRequest)[passed] = true;
  if (!isWebSocketUpgrade(request)) return undefined;
  // It asks for a WebSocket and comes as an ordinary request: either half of the headers is lacking, or ...
  try {
    validateUpgradeRequest(request);
  } catch (error) {
    return error as HandshakeError;
  }
  return new InvalidStateError(
    'No board listens on this server, and an upgrade request came as an ordinary one: ' +
      'const board = switchboard(app), where app is the outermost one; board.attach(server)',
    { code: 'SERVER_NOT_ATTACHED' },
  );
}

/** What an ordinary request gets where nothing but WebSockets lives. */
export function upgradeRequired(): HandshakeError {
  return new HandshakeError(
    'This path speaks WebSocket, and the request did not ask for it. A proxy in between must pass on the headers Upgrade and Connection',
    { status: 426, code: 'UPGRADE_REQUIRED', headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' } },
  );
}
