import { Console } from 'node:console';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { expect } from 'chai';
import express from 'express';
import pino from 'pino';
import { ChatServer } from '../../src/chat/chat-server';
import { connect } from '../../src/client/connect';
import { checkLogger, Log, type Logger } from '../../src/diagnostics/logger';
import { InvalidOptionError } from '../../src/protocol/errors';
import { ExpressApps, withConsoleErrors } from '../support/express-apps';

type Line = [level: string, ...parameters: unknown[]];

/** A logger that keeps what it is given. */
function recording(extra: object = {}): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const level =
    (name: string) =>
    (...parameters: unknown[]) => {
      lines.push([name, ...parameters]);
    };
  const logger = { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error'), ...extra };
  return { logger, lines };
}

/** What pino has written, as objects. */
function pinoLogger(): { logger: Logger; lines: Array<Record<string, unknown>> } {
  const lines: Array<Record<string, unknown>> = [];
  const stream = new Writable({
    write(chunk, _encoding, callback) {
      lines.push(JSON.parse(String(chunk)));
      callback();
    },
  });
  return { logger: pino({ level: 'debug' }, stream), lines };
}

const error = new Error('A mistake');

describe('Log', () => {
  it('gives the sentence first to a console and to whatever is like it', () => {
    const { logger, lines } = recording();
    new Log(logger).mistake(error);
    expect(lines).to.deep.equal([['error', 'A handler or a listener failed', { err: error }]]);
    const stderr = new PassThrough();
    new Log(new Console(new PassThrough(), stderr)).limit('SO');
    expect(String(stderr.read())).to.equal("A limit was reached { code: 'SO', count: 1 }\n");
  });

  it('gives the details first to pino, and to what has children and fields as bunyan', () => {
    const { logger, lines } = pinoLogger();
    new Log(logger).mistake(error);
    expect(lines[0]).to.include({ level: 50, msg: 'A handler or a listener failed' });
    expect(lines[0]!.err).to.include({ type: 'Error', message: 'A mistake' });
    const bunyan = recording({ child: () => {}, fields: {} });
    new Log(bunyan.logger).info('It is so', () => ({ code: 'SO' }));
    expect(bunyan.lines).to.deep.equal([['info', { code: 'SO' }, 'It is so']]);
  });

  it('writes limits and slow consumers at most once a second for each kind, with how often', () => {
    const { logger, lines } = recording();
    const log = new Log(logger);
    for (let i = 0; i < 1000; i++) log.limit('MESSAGE_RATE');
    log.limit('BYTE_RATE');
    for (let i = 0; i < 1000; i++) log.slowConsumer('drop-oldest', { room: `room ${i}` });
    for (let i = 0; i < 1000; i++) log.degraded(error);
    expect(lines).to.deep.equal([
      ['warn', 'A limit was reached', { code: 'MESSAGE_RATE', count: 1 }],
      ['warn', 'A limit was reached', { code: 'BYTE_RATE', count: 1 }],
      ['warn', 'A peer is a slow consumer', { policy: 'drop-oldest', room: 'room 0', count: 1 }],
      ['warn', 'The adapter is degraded', { err: error, count: 1 }],
    ]);
  });

  it('does not mind a logger that throws, or rejects, and says so once', async () => {
    const fails = () => {
      throw new Error('The disk is full');
    };
    const rejects = async () => fails();
    const log = new Log({ debug: fails, info: rejects, warn: fails, error: fails });
    const warned = once(process, 'warning');
    log.info('It is so', () => ({}));
    log.debug('It is so', () => ({}));
    log.mistake(error);
    const [warning] = await warned;
    expect(warning).to.include({ code: 'LOGGER_FAILED' });
    expect(warning.message).to.equal('The logger failed, and what it was given is lost: The disk is full');
  });

  it('writes exceptions to the console where nobody has said, and nothing where that was false', async () => {
    const written = await withConsoleErrors(async () => {
      new Log(undefined).mistake(error);
      new Log(undefined).limit('SO');
      new Log(false).mistake(error);
    });
    expect(written).to.deep.equal([[error]]);
  });

  it('takes nothing else for a logger', () => {
    expect(checkLogger(console)).to.equal(console);
    expect(() => checkLogger({ info() {} })).to.throw(
      InvalidOptionError,
      "Option 'logger' must be console, or a logger with debug, info, warn and error, as pino is, or false for none; not one without debug, warn, error",
    );
    for (const wrong of [true, null, 'console']) expect(() => checkLogger(wrong)).to.throw(InvalidOptionError);
  });
});

describe("option 'logger'", () => {
  let apps: ExpressApps;
  beforeEach(() => {
    apps = new ExpressApps(express);
  });
  afterEach(() => apps.close());

  it('has what becomes of handshakes and connections, and the mistakes of handlers', async () => {
    const { logger, lines } = pinoLogger();
    const { app, board } = apps.app({ logger });
    app.ws('/fails', (socket) => {
      socket.on('message', () => {
        throw error;
      });
    });
    const port = await apps.listen(app);
    await apps.refused(port, '/nowhere?token=secret');
    const client = await apps.open(port, '/fails?token=secret');
    const [socket] = board.connections;
    client.send('x');
    await socket!.closed;
    expect(lines.map(({ level, msg }) => [level, msg])).to.deep.equal([
      [20, 'An upgrade request was refused'],
      [20, 'A connection was opened'],
      [50, 'A handler or a listener failed'],
      [20, 'A connection was closed'],
    ]);
    expect(lines[0]).to.include({ code: 'HTTP_404', status: 404, path: '/nowhere' });
    expect(lines[1]).to.include({ path: '/fails' });
    expect(lines[3]).to.include({ code: 1011, failure: 'HANDLER_ERROR' });
    expect(JSON.stringify(lines)).not.to.include('secret');
  });

  it('leaves mistakes to whoever listens for them', async () => {
    const { logger, lines } = recording();
    const { app, board } = apps.app({ logger });
    app.ws('/fails', () => {
      throw error;
    });
    const told = once(board, 'error');
    const port = await apps.listen(app);
    await apps.open(port, '/fails');
    expect((await told)[0]).to.equal(error);
    expect(lines.filter(([level]) => level === 'error')).to.deep.equal([]);
  });

  it('warns of refusals that say that something is full', async () => {
    const { logger, lines } = recording();
    const { app } = apps.app({ logger, maxConnections: 1 });
    app.ws('/echo', () => {});
    const port = await apps.listen(app);
    await apps.open(port, '/echo');
    expect((await apps.refused(port, '/echo')).status).to.equal(503);
    expect(lines.filter(([level]) => level === 'warn')).to.deep.equal([
      ['warn', 'A limit was reached', { code: 'TOO_MANY_CONNECTIONS', count: 1 }],
    ]);
  });

  it('keeps a board going that it fails', async () => {
    const fails = () => {
      throw new Error('The disk is full');
    };
    const { app } = apps.app({ logger: { debug: fails, info: fails, warn: fails, error: fails } });
    app.ws('/echo', (socket) => {
      socket.on('message', (data) => socket.send(data));
    });
    const warned = once(process, 'warning');
    const port = await apps.listen(app);
    const client = await apps.open(port, '/echo');
    client.send('still here');
    expect(await client.next()).to.equal('still here');
    expect((await warned)[0]).to.include({ code: 'LOGGER_FAILED' });
  });

  it('belongs to the whole board, not to a route', () => {
    const { app } = apps.app();
    expect(() => app.ws('/x', { logger: console } as never, () => {})).to.throw(
      InvalidOptionError,
      "Option 'logger' cannot be set in app.ws",
    );
  });

  it('is one of a ChatServer, too', async () => {
    const { logger, lines } = recording();
    const server = new ChatServer('127.0.0.1', 0, {
      logger,
      authorizeJoin: () => {
        throw error;
      },
    });
    await server.start();
    const client = await connect(`ws://127.0.0.1:${server.address!.port}`);
    client.send(JSON.stringify({ type: 'join', room: 'general' }));
    expect(JSON.parse(String(await client.receive()))).to.include({ code: 'forbidden' });
    client.close();
    await client.closed;
    await server.stop();
    expect(lines.map(([level]) => level)).to.deep.equal(['debug', 'error', 'debug']);
    expect(lines[1]).to.deep.equal(['error', 'A handler or a listener failed', { err: error }]);
    expect(server.metrics().handlers.errors).to.equal(1);
  });
});
