import express, { type Request, Router } from 'express';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { switchboard } from '../../src/express/switchboard';
import { upgrade } from '../../src/express/upgrade';

/** Equal, not only assignable: `any` passes everything else. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_equal: Equal<A, B>): void {}

declare module 'express-serve-static-core' {
  interface Request {
    user?: { name: string };
  }
}

// What is written here is what a user writes; that it compiles without a cast is the test (npm run check).
describe('types of app.ws, router.ws and upgrade', () => {
  it('know the parameters of handlers, and those in the path', () => {
    const app = express();
    const board = switchboard(app, {
      allowedOrigins: (origin, req) => {
        same<typeof origin, string>(true);
        return req.ip !== undefined;
      },
    });

    app.ws('/plain', (socket, req) => {
      same<typeof socket, WebSocketConnection>(true);
      same<typeof req.user, { name: string } | undefined>(true);
      socket.on('message', (data, isBinary) => {
        same<typeof isBinary, boolean>(true);
        socket.send(data);
      });
    });

    app.ws('/feed/:symbol/:side', async (_socket, req) => {
      same<typeof req.params.symbol, string>(true);
      same<typeof req.params.side, string>(true);
      // @ts-expect-error there is no such parameter in the path
      req.params.price;
    });

    app.ws(
      '/a/:id',
      (req, res, next) => {
        same<typeof req.params.id, string>(true);
        if (req.user === undefined) res.status(401).json({ error: 'log in' });
        else next();
      },
      (_socket, req) => {
        same<typeof req.params.id, string>(true);
      },
    );

    const requireLogin: express.RequestHandler = (_req, _res, next) => next();
    app.ws('/list', [requireLogin, requireLogin], requireLogin, (socket) => socket.close());
    app.ws('/six', requireLogin, requireLogin, requireLogin, requireLogin, requireLogin, (socket) => socket.close());
    app.ws('/options/:id', { maxMessageSize: 10 }, (_socket, req) => {
      same<typeof req.params.id, string>(true);
    });
    app.ws('/both', { subprotocols: (offered, req) => offered[0] ?? String(req.query.p) }, requireLogin, (socket) => {
      same<typeof socket, WebSocketConnection>(true);
    });
    app.ws(/^\/re/, (socket, req: Request) => socket.send(req.path));
    app.ws(['/one', /two/], (socket) => socket.send('list')).ws('/chained', () => {});

    const router = Router();
    router.ws('/:room', (socket, req) => {
      same<typeof socket, WebSocketConnection>(true);
      same<typeof req.params.room, string>(true);
    });
    router.get(
      '/:room',
      upgrade<{ room: string }>((socket, req) => {
        same<typeof req.params.room, string>(true);
        socket.close();
      }),
    );
    router.get(
      '/other',
      upgrade({ maxMessageSize: 5 }, (socket) => socket.close()),
    );
    router.use(upgrade((socket) => socket.close()));

    board.on('error', (error, socket) => {
      same<typeof error, unknown>(true);
      same<typeof socket, WebSocketConnection>(true);
    });
    board.on('connection', (socket) => same<typeof socket, WebSocketConnection>(true));
    same<typeof board.connections.size, number>(true);
    for (const socket of board.connections) same<typeof socket, WebSocketConnection>(true);
    same<ReturnType<typeof board.close>, Promise<void>>(true);
  });

  it('refuse what would be refused at registration', () => {
    const app = express();
    switchboard(app);
    const late = { maxMessageSize: 1 };
    const pass: express.RequestHandler = (_req, _res, next) => next();
    const refused: Array<() => unknown> = [
      // @ts-expect-error no handler
      () => app.ws('/x'),
      // @ts-expect-error a typing error
      () => app.ws('/x', { maxMesageSize: 1 }, () => {}),
      // @ts-expect-error an option of the server
      () => app.ws('/x', { handshakeTimeout: 1 }, () => {}),
      // @ts-expect-error a handler takes two parameters
      () => app.ws('/x', (_socket, _req, _next) => {}),
      // @ts-expect-error options come first
      () => app.ws('/x', pass, late, () => {}),
    ];
    for (const call of refused) {
      let thrown = false;
      try {
        call();
      } catch {
        thrown = true;
      }
      if (!thrown) throw new Error(`not refused: ${call}`);
    }
  });
});
