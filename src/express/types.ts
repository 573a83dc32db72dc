import type {
  NextFunction,
  ParamsDictionary,
  Request,
  RequestHandler,
  Response,
  RouteParameters,
} from 'express-serve-static-core';
import type { WebSocketConnection } from '../connection/websocket-connection';
import type { UpgradeOptions } from '../server/options';

/**
 * What speaks on an accepted connection. `request` is Express's own, with `params`, `query`, `session` and whatever
 * middleware put on it. May be async: messages that come before it listens wait until its promise has settled.
 */
export type WebSocketHandler<P = ParamsDictionary> = (socket: WebSocketConnection, request: Request<P>) => unknown;

/** Options of one route; functions among them get Express's request. */
export type RouteOptions = UpgradeOptions<Request>;

/** Middleware of a route, alone or in a list; it runs before the 101. */
export type UpgradeMiddleware<P = ParamsDictionary> = RequestHandler<P> | readonly RequestHandler<P>[];

type ParametersOf<Path> = Path extends string ? RouteParameters<Path> : ParamsDictionary;

type Paths = string | RegExp | readonly (string | RegExp)[];

/**
 * `app.ws` and `router.ws`: path, options if there are any, middleware, and the handler last.
 *
 * One signature for each number of middleware: only so does TypeScript know what the handler's parameters are.
 */
export interface WebSocketRouteMethod<T> {
  <Path extends Paths, P = ParametersOf<Path>>(path: Path, handler: WebSocketHandler<P>): T;
  <Path extends Paths, P = ParametersOf<Path>>(
    path: Path,
    first: RouteOptions | UpgradeMiddleware<P>,
    handler: WebSocketHandler<P>,
  ): T;
  <Path extends Paths, P = ParametersOf<Path>>(
    path: Path,
    first: RouteOptions | UpgradeMiddleware<P>,
    second: UpgradeMiddleware<P>,
    handler: WebSocketHandler<P>,
  ): T;
  <Path extends Paths, P = ParametersOf<Path>>(
    path: Path,
    first: RouteOptions | UpgradeMiddleware<P>,
    second: UpgradeMiddleware<P>,
    third: UpgradeMiddleware<P>,
    handler: WebSocketHandler<P>,
  ): T;
  <Path extends Paths, P = ParametersOf<Path>>(
    path: Path,
    first: RouteOptions | UpgradeMiddleware<P>,
    second: UpgradeMiddleware<P>,
    third: UpgradeMiddleware<P>,
    fourth: UpgradeMiddleware<P>,
    handler: WebSocketHandler<P>,
  ): T;
  <Path extends Paths, P = ParametersOf<Path>>(
    path: Path,
    first: RouteOptions | UpgradeMiddleware<P>,
    second: UpgradeMiddleware<P>,
    third: UpgradeMiddleware<P>,
    fourth: UpgradeMiddleware<P>,
    fifth: UpgradeMiddleware<P>,
    handler: WebSocketHandler<P>,
  ): T;
}

/** What `upgrade()` returns: to mount with `app.get`, `router.get` or `app.use`. */
export type UpgradeRequestHandler<P = ParamsDictionary> = (
  request: Request<P>,
  response: Response,
  next: NextFunction,
) => void;

declare module 'express-serve-static-core' {
  interface IRouter {
    /**
     * Adds a WebSocket route: `path`, options if there are any, middleware that runs before the 101, and the handler
     * that gets the connection. There once `switchboard(app)` was called.
     *
     * @throws InvalidOptionError for a missing handler, or an option that does not exist
     */
    ws: WebSocketRouteMethod<this>;
  }
}
