import { HandshakeError } from '../protocol/errors';
import { pendingUpgrade } from '../server/pending-upgrade';
import { refuseUpgrade } from '../server/refuse-upgrade';
import { boardOf } from './boards';
import { type App, type ExpressRequest, type ExpressResponse, type Next, ownRouter } from './express-internals';
import { passedGate, upgradeRequired } from './gate';
import { isUnbridged, refuseUnbridged } from './unbridged';

/**
 * Has the last word where Express would use its own: a refused handshake is answered with the error's message, for
 * whoever looks at the failed request (Express would show a stack, or nothing but the status, and log what is the
 * client's fault as an error of the server); and an ordinary request at a path where only WebSockets live gets 426.
 * Error middleware comes first, and an app that is mounted in another leaves the word to it.
 */
export function answerLast(app: App): void {
  const handleApp = app.handle;
  let handled: object | undefined;
  let outermost = false;

  app.handle = function (this: App, request, response, done) {
    if (isUnbridged(request)) return refuseUnbridged(response);
    const router = ownRouter(this);
    if (router !== undefined && router !== handled) {
      handled = router;
      const handleRouter = router.handle;
      router.handle = function (this: typeof router, request, response, done) {
        const last = outermost;
        outermost = false;
        return handleRouter.call(this, request, response, last ? withLastWord(app, request, response, done) : done);
      };
    }
    // The app calls its router before it returns, and the router takes the mark off.
    outermost = done === undefined;
    try {
      return handleApp.call(this, request, response, done);
    } finally {
      outermost = false;
    }
  };
}

/** Another server's refusal of a `connect()` of ours is not ours to pass on: our client learns that something behind us failed. */
function gatewayError(cause: HandshakeError): Error {
  return Object.assign(new Error(cause.message, { cause }), { status: 502 });
}

function withLastWord(app: App, request: ExpressRequest, response: ExpressResponse, done: Next): Next {
  return (error) => {
    if (response.headersSent) return done(error);
    const isGet = request.method === 'GET' || request.method === 'HEAD';
    const refusal = !error && isGet && passedGate(request) ? upgradeRequired() : error;
    if (!(refusal instanceof HandshakeError)) return done(error);
    const pending = pendingUpgrade(request);
    if (pending !== undefined) pending.refusal = refusal;
    // Where the headers of an upgrade got lost on the way, this is all that is seen of it.
    else boardOf(app)?.counters.handshakeRefused(request, refusal.status, refusal.code, refusal);
    if (refusal.expose) refuseUpgrade(response, refusal);
    else done(gatewayError(refusal));
  };
}
