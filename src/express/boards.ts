import { InvalidStateError } from '../protocol/errors';
import type { App, ExpressRequest } from './express-internals';
import type { Switchboard } from './switchboard';

const boards = new WeakMap<object, Switchboard>();

/** Remembers the board of an app, for as long as the app lives. */
export function registerBoard(app: object, board: Switchboard): void {
  boards.set(app, board);
}

/** The board that `switchboard(app)` made for this app; undefined for any other object. */
export function boardOf(app: object): Switchboard | undefined {
  return boards.get(app);
}

/**
 * The board that a request belongs to: that of the app which handles it, or of the nearest app that this one is
 * mounted in.
 *
 * @throws InvalidStateError when none of them has one
 */
export function boardOfRequest(request: ExpressRequest): Switchboard {
  for (let app = request.app as unknown as App | undefined; app; app = app.parent) {
    const board = boards.get(app);
    if (board !== undefined) return board;
  }
  throw new InvalidStateError(
    'upgrade(), router.ws() and dashboard() need switchboard(app) on the app that the request came to',
    {
      code: 'NO_SWITCHBOARD',
    },
  );
}
