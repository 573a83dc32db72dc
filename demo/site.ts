/** The chat site: an Express app with a session, chat rooms, a WebSocket that echoes, and static pages. */
import { createHmac } from 'node:crypto';
import path from 'node:path';
import express, { type Application, type Request } from 'express';
import session from 'express-session';
import helmet from 'helmet';
import { type Adapter, dashboard, Hub, rooms, switchboard } from 'switchboard';
import { NodeNews } from './news';
import { CookieSessions } from './sessions';

export interface SiteOptions {
  /** Signs the cookies of sessions: the same on all nodes. */
  secret: string;
  /** Which node of the site this is, and what joins it with the others; without it, it is the only one. */
  cluster?: { node: number; adapter: Adapter };
}

/** One node of the site, which listens nowhere yet. */
export interface Site {
  app: Application;
  /** Tells everybody that this node goes away, and ends what keeps the process; servers are closed by who has made them. */
  close(): Promise<void>;
}

export function makeSite({ secret, cluster }: SiteOptions): Site {
  const adapter = cluster?.adapter;
  const app = express();
  const hub = new Hub({ ...(adapter && { adapter, name: 'site' }) });
  // Whoever stops the site waits no longer, and the tabs do not come back all at once.
  const board = switchboard(app, {
    hub,
    shutdown: { over: '1s', timeout: '5s' },
    maxConnections: 10_000,
    // A school has one address, and a node of a cluster sees none but the balancer's.
    ...(cluster === undefined && { maxConnectionsPerAddress: 500 }),
  });

  // What stands here runs for pages and WebSockets alike, before the 101.
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { styleSrc: ["'self'"], upgradeInsecureRequests: null } },
      // It would keep browsers from the same host's http, which goes on.
      strictTransportSecurity: false,
    }),
  );

  // How the site is, for whoever sits at this computer; behind the balancer of a cluster everybody seems to.
  if (cluster === undefined) app.use('/_switchboard', dashboard());

  const store = new CookieSessions();
  app.use(session({ secret, store, resave: false, saveUninitialized: true, cookie: { sameSite: 'lax' } }));

  // Whatever somebody says comes back, as fast as leaves something for others.
  const pace = { maxBytesPerSecond: { rate: 20_000_000, burst: 100_000_000 }, onRateLimit: 'delay' } as const;
  app.ws('/echo', pace, (socket) => {
    socket.on('message', (data) => socket.send(data));
  });

  // A tab is a person, also when it comes back by another connection, or is opened a second time. Everybody sees the ids of the
  // others: without their cookie they are of no use.
  const identify = (_socket: unknown, { query: { tab }, sessionID }: Request): string | undefined => {
    if (typeof tab !== 'string' || tab === '') return undefined;
    return createHmac('sha256', secret).update(`${sessionID} ${tab}`).digest('base64url').slice(0, 22);
  };

  // Chat rooms, for everybody. Whoever comes back gets what was said meanwhile, and whoever is new can read what was said before.
  // Nobody types as fast as the limit; who pastes, or comes back with a lot to say, waits at most.
  const chat = rooms({
    history: 1000,
    identify,
    maxMessagesPerSecond: { rate: 100, burst: 1000 },
    onRateLimit: 'delay',
    ...(adapter && { adapter, presenceTtl: 20_000 }),
  });
  app.use('/chat', chat);

  // What a page wants to know besides: by which protocol its WebSocket came, which no browser tells, and from which node.
  const news = new NodeNews(hub, chat, cluster?.node, adapter);
  board.on('connection', (socket, request) => {
    const { originalUrl, httpVersion } = request as Request;
    const { pathname, searchParams } = new URL(originalUrl, 'http://localhost');
    if (!searchParams.has('protocol')) return;
    const name = httpVersion === '2.0' ? 'HTTP/2' : `HTTP/${httpVersion}`;
    socket.send(JSON.stringify({ type: 'protocol', name, node: cluster?.node }));
    if (pathname === '/chat') news.tell(socket);
  });

  // The package's client for browsers, as it is served anywhere.
  const client = require.resolve('switchboard/client.min.mjs');
  app.get('/client.min.mjs', (_req, res) => res.sendFile(client));
  app.get('/client.min.mjs.map', (_req, res) => res.sendFile(`${client}.map`));

  app.use(express.static(path.join(__dirname, 'public'), { extensions: ['html'] }));

  const close = async (): Promise<void> => {
    news.close();
    await board.close();
    await adapter?.close();
  };
  return { app, close };
}
