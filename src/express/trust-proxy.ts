import type { IncomingMessage } from 'node:http';
import { singleValue } from '../protocol/handshake';
import { type Reached, reachedDirectly } from '../server/origin';
import type { App, ExpressRequest } from './express-internals';

/** Where 'trust proxy' says so, what the proxy reports counts, as it does for `req.protocol` and `req.hostname`. */
export function reachedThroughExpress(incoming: IncomingMessage): Reached {
  const request = incoming as ExpressRequest;
  const direct = reachedDirectly(request);
  const trust = request.app.get('trust proxy fn') as
    | ((address: string | undefined, hop: number) => boolean)
    | undefined;
  if (trust?.(request.socket.remoteAddress, 0) !== true) return direct;
  const forwarded = singleValue(request.headers, 'x-forwarded-host')?.split(',')[0]?.trim();
  return { host: forwarded || direct.host, secure: direct.secure || request.secure };
}

/** The client's address as the app has it in `req.ip`, before Express has made the request one of its own. */
export function addressThroughExpress(app: App, incoming: IncomingMessage): string | undefined {
  return Reflect.get(app.request, 'ip', Object.create(incoming, { app: { value: app } }));
}
