import type { ParamsDictionary } from 'express-serve-static-core';
import { pendingUpgrade } from '../server/pending-upgrade';
import type { ExpressRequest, ExpressResponse, Next } from './express-internals';
import { markUpgradeHandler, wayAround } from './gate';
import { openConnection } from './open-connection';
import { sortUpgradeArguments } from './registration';
import { OptionsOfRoute } from './route-options';
import type { RouteOptions, UpgradeRequestHandler, WebSocketHandler } from './types';

/**
 * A request handler that accepts upgrades, and passes ordinary requests on: for those who want no `ws` on their app, or
 * whose router was made by another copy of express.
 *
 * @example app.get('/chat/:id', requireLogin, upgrade((socket, req) => { … }));
 * @throws InvalidOptionError for a missing handler, or an option that does not exist
 */
export function upgrade<P = ParamsDictionary>(handler: WebSocketHandler<P>): UpgradeRequestHandler<P>;
export function upgrade<P = ParamsDictionary>(
  options: RouteOptions,
  handler: WebSocketHandler<P>,
): UpgradeRequestHandler<P>;
export function upgrade<P>(...rest: unknown[]): UpgradeRequestHandler<P> {
  const { options, handler } = sortUpgradeArguments('upgrade()', rest);
  const endpoint = { options: new OptionsOfRoute('upgrade()', options), handler };
  const handle = (request: ExpressRequest, response: ExpressResponse, next: Next): void => {
    if (pendingUpgrade(request) === undefined) next(wayAround(request));
    else void openConnection(endpoint, request, response, next);
  };
  return markUpgradeHandler(handle) as UpgradeRequestHandler<P>;
}
