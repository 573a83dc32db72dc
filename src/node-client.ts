/** `switchboard/client` as Node loads it: the same, with a `WebSocket` where Node has none of its own. */

import { substitute } from './browser/web-socket';
import { WebSocket } from './client/web-socket';

export * from './browser';

substitute.WebSocket = WebSocket;
