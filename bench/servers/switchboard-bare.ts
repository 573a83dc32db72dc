/** Ours without Express: `ChatServer` is the one server of the package that stands alone. */

import { ChatServer } from 'switchboard';
import { obey } from './serve';

const server = new ChatServer('127.0.0.1', 0);
void server.start().then(() => obey(server.address!.port));
