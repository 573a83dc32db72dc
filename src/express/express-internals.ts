import type { Request, Response } from 'express-serve-static-core';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

/** What express 4 and 5 have inside, as far as it is used here. The only file that knows the names. */

export type Next = (error?: unknown) => void;
export type Handle = (request: Request, response: Response, next: Next) => unknown;
export type ExpressRequest = Request;
export type ExpressResponse = Response;

/** One entry in a router's or a route's stack. */
export interface Layer {
  handle: Handle & { stack?: Layer[] };
  name: string;
  /** On a router's layers: the route, or undefined for middleware. Layers of a route have no such property. */
  route?: Route | undefined;
  /** Express 4 and router below 2.3: what `match` has matched. */
  path?: string;
  match(path: string): boolean | { path: string };
}

export interface Route {
  stack: Layer[];
  get(...handlers: Handle[]): Route;
}

export interface Router {
  stack: Layer[];
  route(path: unknown): Route;
  handle(request: ExpressRequest, response: ExpressResponse, done: Next): void;
}

export interface App extends Router {
  (request: ExpressRequest, response: ExpressResponse, next?: Next): void;
  init(): void;
  lazyrouter?(): void;
  listen(...parameters: unknown[]): unknown;
  /** The app that it is mounted in with `use`. */
  parent?: App;
  /** What its requests inherit from. */
  request: object;
  handle(request: ExpressRequest, response: ExpressResponse, done?: Next): void;
  get(setting: string): unknown;
}

/** What all apps and routers of one copy of express have in common. */
export interface ExpressCopy {
  routerPrototype: Router;
  layerPrototype: Record<LayerMethod, Handle>;
  /** The method that runs a layer: of another name in either version. */
  layerMethod: LayerMethod;
}

export type LayerMethod = 'handleRequest' | 'handle_request';

const appMethods = ['init', 'handle', 'use', 'route', 'listen', 'set', 'on'] as const;

/** @throws InvalidOptionError for anything that is no Express app */
export function checkApp(where: string, app: unknown): App {
  const isApp =
    typeof app === 'function' &&
    appMethods.every((name) => typeof (app as unknown as Record<string, unknown>)[name] === 'function');
  if (isApp) return app as unknown as App;
  const hint = isRouter(app) ? 'a router: give it the app that the router is mounted in' : describe(app);
  throw new InvalidOptionError(`${where} needs an Express app, as express() makes it, not ${hint}`, {
    code: 'NOT_AN_EXPRESS_APP',
  });
}

function isRouter(value: unknown): boolean {
  return typeof value === 'function' && Array.isArray((value as { stack?: unknown }).stack);
}

/**
 * Finds the prototypes of the express that made this app. Its own router is not asked: that would create it, and with
 * it freeze settings like 'strict routing' that the user may still be about to change. So a second app that shares
 * nothing but the prototypes is initialised, and forgotten.
 */
export function expressCopyOf(app: App): ExpressCopy {
  const probe = Object.create(app, {
    on: { value: () => probe },
    // Express 4 keeps its router here, and would take the app's own where there is one.
    _router: { value: undefined, writable: true },
  }) as App;
  app.init.call(probe);
  probe.route('/');
  const router = ownRouter(probe);
  const layer = router?.stack.at(-1);
  if (router === undefined || layer === undefined) throw unknownExpress();
  const routerPrototype = ownerOf(router, 'route') as Router | undefined;
  const layerMethod = (['handleRequest', 'handle_request'] as const).find((name) => name in layer);
  if (routerPrototype === undefined || layerMethod === undefined) throw unknownExpress();
  const layerPrototype = ownerOf(layer, layerMethod) as ExpressCopy['layerPrototype'];
  return { routerPrototype, layerPrototype, layerMethod };
}

/** The app's router, where it has one already or makes one when it is looked at (Express 5). */
export function ownRouter(app: App): Router | undefined {
  // Express 4 has it under _router, once there is a route; its `router` is a trap that throws.
  if (typeof app.lazyrouter === 'function') return (app as { _router?: Router })._router;
  return (app as unknown as { router?: Router }).router;
}

/** The object in the chain of prototypes that has the property itself. */
function ownerOf(value: object, name: string): object | undefined {
  for (let owner: object | null = value; owner !== null; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner, name)) return owner;
  }
  return undefined;
}

function unknownExpress(): InvalidOptionError {
  return new InvalidOptionError('switchboard() knows Express 4 and 5, and this app is made by neither', {
    code: 'UNKNOWN_EXPRESS',
  });
}
