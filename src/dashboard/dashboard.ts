import type { NextFunction, Request, Response } from 'express-serve-static-core';
import type { WebSocketConnection } from '../connection/websocket-connection';
import { boardOfRequest } from '../express/boards';
import { markUpgradeHandler, wayAround } from '../express/gate';
import { openConnection } from '../express/open-connection';
import { Reserve } from '../express/reserve';
import { OptionsOfRoute } from '../express/route-options';
import { pendingUpgrade } from '../server/pending-upgrade';
import { Feed, type Watched } from './feed';
import { refusalOfRemote } from './local-only';
import { type DashboardOptions, resolveDashboardOptions } from './options';
import { pageFileAt, pageHeaders, readPageFile } from './page-files';

/** Where the page's WebSocket goes, below the mount. */
const feedPath = '/feed';

/** One for a board, however often its dashboard is mounted. */
const feeds = new WeakMap<object, Feed>();

/**
 * A page that shows what a board does, live: connections, messages, refusals, rooms, the event loop and memory. To mount in an
 * Express app that `switchboard(app)` was called with, behind whatever middleware asks who it is.
 *
 * Without options it is shown to this machine only: to requests whose socket is of a loopback address, that did not come
 * through a proxy from elsewhere, and that are for `localhost` or a loopback address. Other requests get 403. A proxy on the
 * same machine that adds no header like `X-Forwarded-For` cannot be told from a local browser.
 *
 * The board is watched from the first look until nobody has looked for ten minutes: once a second, for all who look. Those who
 * look are left out of what it shows. The first four of them are beyond the limits of the board, `maxConnections` and its like,
 * from the first time on that its page was shown: a full board can be looked at.
 *
 * @example
 * app.use('/_switchboard', dashboard());
 * app.use('/_switchboard', requireAdmin, dashboard({ dangerouslyAllowRemote: true }));
 *
 * @throws InvalidOptionError for an option that does not exist, or a value that cannot be
 */
export function dashboard(
  options: DashboardOptions = {},
): (request: Request, response: Response, next: NextFunction) => void {
  const { dangerouslyAllowRemote } = resolveDashboardOptions(options);
  // Whatever the board says: only our own page has any business here, and it only listens.
  const routeOptions = new OptionsOfRoute('dashboard()', { allowedOrigins: [], firstMessageTimeout: false });

  return markUpgradeHandler(function handleDashboard(request: Request, response: Response, next: NextFunction): void {
    const pathname = request.url.split('?', 1)[0]!;
    const isUpgrade = pendingUpgrade(request) !== undefined;
    const file = isUpgrade || !/^(?:GET|HEAD)$/.test(request.method) ? undefined : pageFileAt(pathname);
    if (file === undefined && pathname !== feedPath) {
      next();
      return;
    }
    const board = boardOfRequest(request);
    const refusal = dangerouslyAllowRemote ? undefined : refusalOfRemote(request);
    if (refusal === undefined) board.reserve ??= new Reserve(feedPath);
    if (file !== undefined) {
      if (refusal !== undefined) response.status(refusal.status).type('text/plain').send(`${refusal.message}\n`);
      else void sendFile(file, request, response, next);
    } else if (isUpgrade && refusal === undefined) {
      const handler = (socket: WebSocketConnection) => feedOf(board).show(socket);
      void openConnection({ options: routeOptions, handler, isReserved: true }, request, response, next);
    } else {
      next(refusal ?? wayAround(request));
    }
  });
}

function feedOf(board: Watched): Feed {
  let feed = feeds.get(board);
  if (feed === undefined) {
    feed = new Feed(board);
    feeds.set(board, feed);
  }
  return feed;
}

async function sendFile(name: string, request: Request, response: Response, next: NextFunction): Promise<void> {
  const [asked = ''] = request.originalUrl.split('?', 1);
  if (name === 'index.html' && !asked.endsWith('/')) {
    // Relative to the page, as all that it loads: whatever a proxy in between has taken off the path stays off.
    response.redirect(`./${asked.slice(asked.lastIndexOf('/') + 1)}/`);
    return;
  }
  try {
    const { type, bytes } = await readPageFile(name);
    response.set({ ...pageHeaders, 'Content-Type': type }).send(bytes);
  } catch (error) {
    next(error);
  }
}
