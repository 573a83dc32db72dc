import { InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { ExpressCopy, Handle, Router } from './express-internals';
import { gate, markUpgradeHandler } from './gate';
import { openConnection } from './open-connection';
import { OptionsOfRoute } from './route-options';
import type { RouteOptions, WebSocketHandler } from './types';

/** What `ws` was called with, sorted. */
interface Registration {
  options: RouteOptions | undefined;
  middleware: Handle[];
  handler: WebSocketHandler<never>;
}

const routerMethod = routeMethod('router.ws');

/**
 * Gives `ws` to all routers of one copy of express, those that exist included.
 *
 * @throws InvalidStateError when they have one from somebody else
 */
export function addRouterMethod(copy: ExpressCopy): void {
  const { routerPrototype } = copy;
  const present: unknown = (routerPrototype as { ws?: unknown }).ws;
  if (present === routerMethod) return;
  if (present !== undefined) {
    throw new InvalidStateError('Routers have a method ws already, of express-ws perhaps: take that away first', {
      code: 'WS_TAKEN',
    });
  }
  Object.defineProperty(routerPrototype, 'ws', { value: routerMethod, configurable: true, writable: true });
}

/** `app.ws` or `router.ws`, whichever `name` says: both do no more than add a route to what they are called on. */
export function routeMethod(name: string) {
  return function ws(this: Pick<Router, 'route'>, path: unknown, ...rest: unknown[]): unknown {
    const where = `${name}(${typeof path === 'string' ? `'${path}'` : String(path)})`;
    checkPath(name, path);
    const { options, middleware, handler } = sortArguments(where, rest);
    const endpoint = { options: new OptionsOfRoute(where, options), handler };
    const accept: Handle = (request, response, next) => void openConnection(endpoint, request, response, next);
    this.route(path).get(gate, ...middleware, markUpgradeHandler(accept));
    return this;
  };
}

/** `[options], handler`, as `upgrade` takes them. */
export function sortUpgradeArguments(where: string, rest: unknown[]): Omit<Registration, 'middleware'> {
  const { options, middleware, handler } = sortArguments(where, rest);
  if (middleware.length === 0) return { options, handler };
  throw new InvalidOptionError(
    `${where} takes options and a handler; middleware goes before it: app.get(path, middleware, upgrade(handler))`,
  );
}

function sortArguments(where: string, rest: unknown[]): Registration {
  const [first] = rest;
  const hasOptions = typeof first === 'object' && first !== null && !Array.isArray(first);
  const functions = (hasOptions ? rest.slice(1) : rest).flat(Number.POSITIVE_INFINITY);
  for (const item of functions) {
    if (typeof item === 'function') continue;
    const hint = typeof item === 'object' && item !== null ? '; options come right after the path' : '';
    throw new InvalidOptionError(`${where} needs functions, not ${describe(item)}${hint}`);
  }
  const handler = functions.at(-1) as WebSocketHandler<never> | undefined;
  if (handler === undefined) throw new InvalidOptionError(`${where} needs a handler: (socket, req) => …`);
  if (handler.length > 2) {
    throw new InvalidOptionError(
      `The handler of ${where} takes (socket, req), and this one takes ${handler.length} parameters: ` +
        'it looks like middleware, with the handler missing after it (as in express-ws? Leave out next)',
    );
  }
  return {
    options: hasOptions ? (first as RouteOptions) : undefined,
    middleware: functions.slice(0, -1) as Handle[],
    handler,
  };
}

function checkPath(name: string, path: unknown): void {
  if (typeof path === 'string' || path instanceof RegExp) return;
  if (Array.isArray(path) && path.length > 0) {
    for (const item of path as unknown[]) checkPath(name, item);
    return;
  }
  throw new InvalidOptionError(
    `${name}() needs a path first: a string, a RegExp or a list of them, not ${describe(path)}`,
  );
}
