import { pendingUpgrade } from '../server/pending-upgrade';
import type { ExpressCopy, Handle, Layer, Route } from './express-internals';
import { isUpgradeRoute } from './gate';

const patched = new WeakSet<object>();

/**
 * Teaches the layers of one copy of express what an upgrade passes over: what can only answer with a page or a file.
 *
 * - In a route without a WebSocket handler, a handler of one or two parameters: it has no `next`, so it is the page.
 *   Whatever declares `next` runs, since it may be the guard that `app.all('/admin/*path', requireAdmin)` puts before
 *   everything below. A route that denies everybody looks like a page; what is to hold for upgrades too is `app.use`.
 * - `express.static`: a file is never the answer to an upgrade, also where `/` is a directory with an index.html.
 *
 * Express 4 does not look at promises; for upgrades it is made to, so that a rejection becomes an answer.
 */
export function passOverPages(copy: ExpressCopy): void {
  const { layerPrototype, layerMethod } = copy;
  if (patched.has(layerPrototype)) return;
  patched.add(layerPrototype);
  const original = layerPrototype[layerMethod];
  const run = layerMethod === 'handle_request' ? handlePromises : original;

  layerPrototype[layerMethod] = function (this: Layer, request, response, next) {
    if (pendingUpgrade(request) === undefined) return original.call(this, request, response, next);
    if (isPage(this, request.route as Route | undefined)) return next();
    return run.call(this, request, response, next);
  };
}

function isPage(layer: Layer, route: Route | undefined): boolean {
  // A router's own layers have a property `route`, those of a route have none.
  if (Object.hasOwn(layer, 'route')) return layer.name === 'serveStatic';
  const { length } = layer.handle;
  return (length === 1 || length === 2) && route !== undefined && !isUpgradeRoute(route);
}

/** What Express 5 does with every layer. */
const handlePromises: Handle = function (this: Layer, request, response, next) {
  const { handle } = this;
  if (handle.length > 3) return next();
  try {
    const result: unknown = handle(request, response, next);
    if (result instanceof Promise) result.catch((error: unknown) => next(error ?? new Error('Rejected promise')));
  } catch (error) {
    next(error);
  }
};
