import type { IncomingMessage } from 'node:http';
import { type App, type Layer, ownRouter, type Router } from './express-internals';
import { isUpgradeHandler, isUpgradeRoute } from './gate';

/**
 * True when a WebSocket route of the app matches the path of the request. Asked only where a server has other
 * listeners for `'upgrade'`, since nothing may run, and nothing be answered, for what is theirs.
 *
 * Middleware that calls a router by itself cannot be looked into, nor can an app that is mounted in another; the
 * latter counts as taking all that is below its path, unless that is `/`.
 */
export function takesPath(app: App, request: IncomingMessage): boolean {
  const router = ownRouter(app);
  if (router === undefined || request.url === undefined) return false;
  const end = request.url.indexOf('?');
  return routerTakes(router, end === -1 ? request.url : request.url.slice(0, end));
}

function routerTakes(router: Pick<Router, 'stack'>, path: string): boolean {
  return router.stack.some((layer) => {
    const matched = matchedPath(layer, path);
    if (matched === undefined) return false;
    if (layer.route) return isUpgradeRoute(layer.route);
    if (isUpgradeHandler(layer.handle)) return true;
    if (layer.name === 'mounted_app') return matched !== '' && matched !== '/';
    if (!Array.isArray(layer.handle.stack)) return false;
    const rest = path.slice(matched.length);
    return routerTakes({ stack: layer.handle.stack }, rest.startsWith('/') ? rest : `/${rest}`);
  });
}

function matchedPath(layer: Layer, path: string): string | undefined {
  try {
    const match = layer.match(path);
    if (!match) return undefined;
    return (typeof match === 'object' ? match.path : layer.path) ?? '';
  } catch {
    // A path that cannot be decoded: Express answers it with 400 on its way through the routes.
    return undefined;
  }
}
