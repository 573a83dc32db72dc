import http from 'node:http';
import type { Server } from 'node:net';
import express, { type Application } from 'express';
import { rooms } from '../../chat/rooms';
import { serveHttp2 } from '../../express/serve-http2';
import { type Switchboard, switchboard } from '../../express/switchboard';
import { interruption } from '../interruption';
import { Output } from '../output';
import { typedDuration } from '../values';
import { type Broker, brokerOf } from './broker';
import { type Certificate, certificateOf, fingerprintOf } from './certificate';
import type { ServeFlags, Service } from './command';
import { ConnectionLog } from './connection-log';
import { listen } from './listen';

/** `switchboard serve`. Resolves when it was told to end, and has. */
export async function serve(service: Service, flags: ServeFlags): Promise<void> {
  const stop = interruption();
  const output = new Output();
  const print = (line: string) => void output.write(`${line}\n`);
  const broker = service === 'chat' ? await brokerOf(flags) : undefined;
  const servers: Server[] = [];
  let board: Switchboard | undefined;
  try {
    const certificate = usesTls(flags) ? await certificateOf(flags) : undefined;
    const app = express();
    board = makeBoard(app, service, flags, broker);
    if (flags.verbose) {
      const log = new ConnectionLog(print);
      board.on('connection', (socket, request) => log.add(socket, request));
    }
    const plain = http.createServer(app);
    servers.push(plain);
    const port = await listen(plain, flags.port, flags.host, '--port');
    print(`${service === 'chat' ? 'The chat' : 'The echo'} is on ws://${shownHost(flags.host)}:${port}`);
    if (certificate !== undefined) {
      const secure = serveHttp2(app, { key: certificate.key, cert: certificate.cert });
      servers.push(secure);
      const securePort = await listen(secure, flags.tlsPort, flags.host, '--tls-port');
      print(`                and wss://${shownHost(flags.host)}:${securePort}`);
      if (certificate.isOwn) print(adviceOn(certificate));
    }
    print('Ctrl-C ends it.');
    await aborted(stop);
    if (board.connections.size > 0) print(closingWords(board.connections.size, flags.closeOver));
  } finally {
    // It closes the connections as well, by the option `shutdown`.
    for (const server of servers) server.close();
    await board?.close();
    await broker?.close();
  }
}

function usesTls({ tls, key, cert }: ServeFlags): boolean {
  return tls === true || key !== undefined || cert !== undefined;
}

function makeBoard(
  app: Application,
  service: Service,
  { allowOrigin = [], history, closeOver, ...limits }: ServeFlags,
  broker: Broker | undefined,
): Switchboard {
  const isOpen = allowOrigin.includes('*');
  const board = switchboard(app, {
    shutdown: { over: closeOver, reason: 'The server is stopping' },
    maxConnections: limits.maxConnections ?? false,
    maxConnectionsPerAddress: limits.maxConnectionsPerAddress ?? false,
    maxMessagesPerSecond: limits.maxMessagesPerSecond ?? false,
    ...(isOpen && { dangerouslyAllowAnyOrigin: true }),
    ...(!isOpen && allowOrigin.length > 0 && { allowedOrigins: allowOrigin }),
  });
  if (service === 'chat') app.use(rooms({ history, ...(broker && { adapter: broker.adapter }) }));
  else app.ws(/.*/, (socket) => void socket.on('message', (data) => socket.send(data)));
  return board;
}

function closingWords(count: number, over: number): string {
  const what = `${count} ${count === 1 ? 'connection' : 'connections'}`;
  return `Closing ${what}${over === 0 ? '' : ` over ${typedDuration(over)}`}; Ctrl-C once more ends at once.`;
}

/** As it is typed into a URL. */
function shownHost(host: string): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function adviceOn(certificate: Certificate): string {
  return (
    'The certificate was made just now, and nobody else has signed it: clients connect with --insecure.\n' +
    `Its SHA-256 fingerprint is ${fingerprintOf(certificate)}`
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
}
