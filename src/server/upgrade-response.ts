import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { EarlyBytes } from './early-bytes';

/** How node:http marks the response that a socket is busy with. Not documented, and the same since Node 0.4. */
interface HttpSocket extends Duplex {
  _httpMessage?: ServerResponse | null;
}

/**
 * The response to an upgrade request. Node gives none: after `'upgrade'` there is only a socket. With a real one on it,
 * whatever answers ordinary requests (sessions, cookies, error pages, loggers) answers upgrades as well.
 */
export function createUpgradeResponse(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  // Nothing parses HTTP on this socket any more, so no other request can follow: a refusal says `Connection: close`.
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  return response;
}

/**
 * Calls back when the responses to requests that came before on this socket are out: at once where there are none. Node
 * has stopped looking after the socket by now, so it is looked after here while they are. It is read, because only so
 * is it seen that the client leaves; what comes is put back before the call. A client that sends too much is cut.
 */
export function afterEarlierResponses(socket: Duplex, proceed: () => void): void {
  if (!(socket as HttpSocket)._httpMessage) {
    proceed();
    return;
  }
  const early = new EarlyBytes();
  const onData = (chunk: Buffer): void => {
    early.add(chunk);
    if (early.problem !== undefined) socket.destroy();
  };
  // Whoever writes the earlier response, an event stream perhaps, then hears its 'close', as always.
  const onEnd = (): void => {
    socket.destroy();
  };
  socket.on('error', ignoreError);
  socket.on('drain', forwardDrain);
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.resume();
  const next = (): void => {
    // Node puts the next response on the socket before the earlier one says 'close'.
    const earlier = (socket as HttpSocket)._httpMessage;
    if (earlier && !socket.destroyed) {
      earlier.once('close', next);
      return;
    }
    socket.pause();
    socket.off('drain', forwardDrain);
    socket.off('error', ignoreError);
    socket.off('data', onData);
    socket.off('end', onEnd);
    // Only so does the next 'data' listener make it flow again.
    (socket as { readableFlowing: boolean | null }).readableFlowing = null;
    const came = early.take();
    if (came.length > 0 && !socket.destroyed) socket.unshift(came);
    proceed();
  };
  next();
}

/** A reset by the client; 'close' follows and says all that matters. */
export function ignoreError(): void {}

let needDrain: symbol | undefined;

/** Node wakes a waiting response when its socket drains, but stops to after an upgrade: a large refusal would hang. */
export function forwardDrain(this: Duplex): void {
  const response = (this as HttpSocket)._httpMessage;
  if (!response || response.writableEnded) return;
  // The mark that `writableNeedDrain` reads; left standing, the next `pipe()` into the response would wait for ever.
  needDrain ??= Object.getOwnPropertySymbols(response).find((symbol) => symbol.description === 'kNeedDrain');
  if (needDrain !== undefined) (response as unknown as Record<symbol, boolean>)[needDrain] = false;
  response.emit('drain');
}
