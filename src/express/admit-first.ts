import { HandshakeError } from '../protocol/errors';
import { type PendingUpgrade, pendingUpgrade } from '../server/pending-upgrade';
import type { App } from './express-internals';
import type { Switchboard } from './switchboard';

/** Has each upgrade request counted when it comes to the app; one too many is refused before any middleware runs. */
export function admitFirst(app: App, board: Switchboard): void {
  const handle = app.handle;
  app.handle = function (this: App, request, response, done) {
    const pending = pendingUpgrade(request);
    if (pending === undefined) return handle.call(this, request, response, done);
    try {
      board.admit(pending);
    } catch (error) {
      // Nobody above would catch what a function of the application has thrown, as 'trust proxy' may be one.
      if (!(error instanceof HandshakeError)) board.options.log.mistake(error);
      if (!(error instanceof HandshakeError && isLetIn(pending, board))) {
        pending.refuse(error instanceof HandshakeError ? error : failed());
        return;
      }
    }
    handle.call(this, request, response, done);
  };
}

/** Who may be about to look at the dashboard comes as far as the middleware that is to say so. */
function isLetIn(pending: PendingUpgrade, { reserve, isClosing }: Switchboard): boolean {
  return !isClosing && reserve?.isFor(pending.request) === true && reserve.enter(pending);
}

function failed(): HandshakeError {
  return new HandshakeError('The server failed', { status: 500, code: 'HANDLER_FAILED' });
}
