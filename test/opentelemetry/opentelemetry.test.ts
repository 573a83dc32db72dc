import { once } from 'node:events';
import http2 from 'node:http2';
import { propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import { ChatServer } from '../../src/chat/chat-server';
import { connect } from '../../src/client/connect';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { traces } from '../../src/diagnostics/channels';
import { type OpenTelemetry, type OpenTelemetryOptions, openTelemetry, traceHeaders } from '../../src/opentelemetry';
import { HandshakeError, InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import { ExpressApps, expressVersions } from '../support/express-apps';
import { Http2Site, openStream } from '../support/http2-site';
import { forgetContexts, Telemetry, useContexts } from '../support/telemetry';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentId}-01`;

const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan) => span.spanContext().spanId;
const traceOf = (span: ReadableSpan) => span.spanContext().traceId;

/** Whether anybody watches traces. */
const isWatched = () => Object.values(traces).some((each) => each.hasSubscribers);

for (const [version, express] of expressVersions) {
  describe(`openTelemetry(), ${version}`, () => {
    let apps: ExpressApps;
    let telemetry: Telemetry;
    let started: OpenTelemetry[];
    before(useContexts);
    after(forgetContexts);
    beforeEach(() => {
      apps = new ExpressApps(express);
      telemetry = new Telemetry();
      started = [];
    });
    afterEach(async () => {
      await apps.close();
      for (const each of started) each.stop();
      expect(isWatched(), 'subscribers are left').to.equal(false);
      await telemetry.shutdown();
    });

    const start = (board: Parameters<typeof openTelemetry>[0], options: OpenTelemetryOptions = {}): OpenTelemetry => {
      const { tracerProvider, meterProvider } = telemetry;
      const result = openTelemetry(board, { tracerProvider, meterProvider, ...options });
      started.push(result);
      return result;
    };

    it('makes a span of an upgrade request, below what its headers say, and of its handler below it', async () => {
      const { app, board } = apps.app();
      let inMiddleware: string | undefined;
      app.set('trust proxy', true);
      app.use((_request, _response, next) => {
        inMiddleware = trace.getActiveSpan()?.spanContext().spanId;
        next();
      });
      app.ws('/feed/:symbol', () => {
        telemetry.tracerProvider.getTracer('app').startSpan('own').end();
      });
      start(board, { attributes: { 'switchboard.board': 'public' } });
      const port = await apps.listen(app);
      const headers = { traceparent, 'user-agent': 'test', 'x-forwarded-for': '203.0.113.7' };
      await apps.open(port, '/feed/ACME?token=secret', { headers });
      const [handshake, own, handler] = telemetry.spans as [ReadableSpan, ReadableSpan, ReadableSpan];
      expect(telemetry.names).to.deep.equal(['GET /feed/:symbol', 'own', 'handler /feed/:symbol']);
      expect(handshake.kind).to.equal(SpanKind.SERVER);
      expect([traceOf(handshake), parentOf(handshake)]).to.deep.equal([traceId, parentId]);
      expect(handshake.status.code).to.equal(SpanStatusCode.UNSET);
      expect(handshake.attributes).to.deep.equal({
        'switchboard.board': 'public',
        'http.request.method': 'GET',
        'http.route': '/feed/:symbol',
        'http.response.status_code': 101,
        'url.path': '/feed/ACME',
        'url.scheme': 'http',
        'network.protocol.version': '1.1',
        'network.peer.address': '::ffff:127.0.0.1',
        'client.address': '203.0.113.7',
        'user_agent.original': 'test',
      });
      expect(inMiddleware).to.equal(idOf(handshake));
      expect([handler.kind, parentOf(handler)]).to.deep.equal([SpanKind.INTERNAL, idOf(handshake)]);
      expect(parentOf(own)).to.equal(idOf(handler));
    });

    it('makes a trace of each message, with a link to the upgrade request; what it publishes is below it', async () => {
      const { app, board } = apps.app();
      const seen: Array<string | undefined> = [];
      const see = () => seen.push(trace.getActiveSpan()?.spanContext().spanId);
      let baggage: string | undefined;
      app.ws('/chat', (socket) => {
        socket.join('lobby');
        socket.on('message', async (data) => {
          see();
          await new Promise(setImmediate);
          see();
          baggage = propagation.getActiveBaggage()?.getEntry('tenant')?.value;
          board.hub.to('lobby').publish(data);
        });
      });
      start(board);
      const port = await apps.listen(app);
      const client = await apps.open(port, '/chat', { headers: { traceparent, baggage: 'tenant=acme' } });
      client.send('grüße');
      await client.next();
      await new Promise(setImmediate);
      const [handshake] = telemetry.of(SpanKind.SERVER);
      const message = telemetry.span('process /chat');
      const publish = telemetry.span('publish');
      expect([message.kind, parentOf(message)]).to.deep.equal([SpanKind.CONSUMER, undefined]);
      expect(traceOf(message)).to.not.equal(traceId);
      expect(message.links.map(({ context }) => context.spanId)).to.deep.equal([idOf(handshake!)]);
      expect(message.attributes).to.include({ 'messaging.message.body.size': 7, 'http.route': '/chat' });
      expect(seen).to.deep.equal([idOf(message), idOf(message)]);
      expect(baggage).to.equal('acme');
      expect([publish.kind, parentOf(publish)]).to.deep.equal([SpanKind.PRODUCER, idOf(message)]);
      expect(publish.attributes).to.include({
        'messaging.destination.name': 'lobby',
        'messaging.operation.type': 'send',
      });
    });

    it('does the same over HTTP/2, as it is on the wire', async () => {
      const { app, board } = apps.app();
      app.ws('/echo', () => {});
      const server = http2.createServer();
      board.attach(server);
      start(board);
      const site = new Http2Site();
      try {
        const session = await site.connect(await site.listen(server));
        await once(openStream(session, '/echo', { traceparent }), 'response');
        await once(openStream(session, '/nowhere'), 'response');
        const [accepted, refused] = telemetry.of(SpanKind.SERVER) as [ReadableSpan, ReadableSpan];
        expect([accepted.name, parentOf(accepted)]).to.deep.equal(['CONNECT /echo', parentId]);
        expect(accepted.attributes).to.include({
          'http.request.method': 'CONNECT',
          'http.response.status_code': 200,
          'network.protocol.version': '2',
        });
        expect(refused.attributes).to.include({ 'http.response.status_code': 404, 'error.type': 'HTTP_404' });
        expect(telemetry.names).to.include('handler /echo');
      } finally {
        await board.close({ timeout: 1 });
        await site.close();
      }
    });

    it('tells why an upgrade was not accepted; only mistakes of the server are errors', async () => {
      const { app, board } = apps.app();
      app.use('/private', (_request, response) => {
        response.status(401).end();
      });
      app.use('/moved', (_request, response) => {
        response.redirect('/elsewhere');
      });
      app.use('/busy', (_request, _response, next) => {
        next(new HandshakeError('Not now', { status: 503, code: 'BUSY' }));
      });
      app.ws('/picky', () => {});
      start(board);
      const port = await apps.listen(app);
      await apps.refused(port, '/private');
      await apps.refused(port, '/moved');
      await apps.refused(port, '/picky', { origin: 'http://evil.example' });
      await apps.refused(port, '/busy');
      expect(telemetry.names).to.deep.equal(['GET', 'GET', 'GET', 'GET']);
      const outcomes = telemetry.spans.map(({ attributes, status }) => [
        attributes['http.response.status_code'],
        attributes['error.type'],
        status.code,
      ]);
      expect(outcomes).to.deep.equal([
        [401, 'HTTP_401', SpanStatusCode.UNSET],
        [302, undefined, SpanStatusCode.UNSET],
        [403, 'FOREIGN_ORIGIN', SpanStatusCode.UNSET],
        [503, 'BUSY', SpanStatusCode.ERROR],
      ]);
      expect(telemetry.spans[3]!.events[0]?.attributes).to.include({ 'exception.message': 'Not now' });
    });

    it('ends the span of a client that leaves before it is answered', async () => {
      const { app, board } = apps.app();
      const arrived = new Promise<void>((resolve) => app.use('/slow', () => resolve()));
      start(board);
      const port = await apps.listen(app);
      const raw = await apps.raw(port);
      const ended = new Promise<void>((resolve) => {
        const listener = () => {
          traces.handshake.asyncEnd.unsubscribe(listener);
          resolve();
        };
        traces.handshake.asyncEnd.subscribe(listener);
      });
      raw.socket.write(
        'GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      await arrived;
      raw.socket.destroy();
      await ended;
      const { attributes } = telemetry.span('GET');
      expect(attributes).to.include({ 'error.type': 'CLIENT_LEFT' }).and.not.have.property('http.response.status_code');
    });

    it('records what handlers and listeners throw', async () => {
      const { app, board } = apps.app();
      board.on('error', () => {});
      app.ws('/handler', async () => {
        throw new TypeError('in the handler');
      });
      app.ws('/listener', (socket) => {
        socket.on('message', async () => {
          throw new RangeError('in the listener');
        });
      });
      start(board);
      const port = await apps.listen(app);
      await (await apps.open(port, '/handler')).closed();
      const client = await apps.open(port, '/listener');
      client.send('x');
      await client.closed();
      const failures = ['handler /handler', 'process /listener'].map((name) => {
        const { status, events, attributes } = telemetry.span(name);
        return [status, attributes['error.type'], events[0]?.attributes?.['exception.message']];
      });
      expect(failures).to.deep.equal([
        [{ code: SpanStatusCode.ERROR, message: 'in the handler' }, 'TypeError', 'in the handler'],
        [{ code: SpanStatusCode.ERROR, message: 'in the listener' }, 'RangeError', 'in the listener'],
      ]);
    });

    it('says no route below a mounted router, where Express does not know its pattern', async () => {
      const { app, board } = apps.app();
      const router = express.Router();
      router.ws('/feed', () => {});
      app.use('/tenants/:tenant', router);
      start(board);
      const port = await apps.listen(app);
      await apps.open(port, '/tenants/acme/feed');
      expect(telemetry.names).to.deep.equal(['GET', 'handler']);
      expect(telemetry.spans[0]!.attributes).to.not.have.property('http.route');
    });

    it('keeps two boards apart, also in what hubs of nobody publish on their behalf', async () => {
      const other = new Telemetry();
      const shared = new Hub();
      const ports: number[] = [];
      for (const [index, each] of [telemetry, other].entries()) {
        const { app, board } = apps.app();
        app.ws('/', (socket) => {
          socket.on('message', (data) => {
            shared.to('nobody').publish(data);
            socket.send(data);
          });
        });
        const { tracerProvider, meterProvider } = each;
        start(board, { tracerProvider, meterProvider, attributes: { board: index } });
        ports.push(await apps.listen(app));
      }
      const client = await apps.open(ports[1]!);
      client.send('x');
      await client.next();
      expect(telemetry.names).to.deep.equal([]);
      expect(other.names).to.deep.equal(['GET /', 'handler /', 'publish', 'process /']);
      expect(other.spans.map(({ attributes }) => attributes.board)).to.deep.equal([1, 1, 1, 1]);
      shared.to('nobody').publish('of no board');
      expect(other.names).to.have.length(4);
      await other.shutdown();
    });

    it('makes no spans of messages and publishes where that is switched off', async () => {
      const { app, board } = apps.app();
      app.ws('/', (socket) => {
        socket.join('room');
        socket.on('message', (data) => board.hub.to('room').publish(data));
      });
      start(board, { messages: false, publishes: false });
      expect([traces.message.hasSubscribers, traces.publish.hasSubscribers]).to.deep.equal([false, false]);
      const port = await apps.listen(app);
      const client = await apps.open(port);
      client.send('x');
      await client.next();
      expect(telemetry.names).to.deep.equal(['GET /', 'handler /']);
    });

    it('lets a sampler decide about each message by itself', async () => {
      const unsampled = new Telemetry(new AlwaysOffSampler());
      const { app, board } = apps.app();
      let isSampled: boolean | undefined;
      app.ws('/', (socket) => {
        socket.on('message', (data) => {
          isSampled = trace.getActiveSpan()?.isRecording();
          socket.send(data);
        });
      });
      start(board, { tracerProvider: unsampled.tracerProvider });
      const client = await apps.open(await apps.listen(app));
      client.send('x');
      await client.next();
      expect(isSampled).to.equal(false);
      expect(unsampled.names).to.deep.equal([]);
      await unsampled.shutdown();
    });

    it('goes on without spans when a tracer throws', async () => {
      const { app, board } = apps.app();
      app.ws('/', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const startSpan = () => {
        throw new Error('No spans today');
      };
      start(board, { tracerProvider: { getTracer: () => ({ startSpan, startActiveSpan: startSpan }) } });
      const client = await apps.open(await apps.listen(app));
      client.send('x');
      expect(await client.next()).to.equal('x');
    });

    it('stops in the middle of a message, and may be started again', async () => {
      const { app, board } = apps.app();
      let goOn = () => {};
      const begun = new Promise<WebSocketConnection>((resolve) => {
        app.ws('/', (socket) => {
          socket.on('message', async () => {
            const waiting = new Promise<void>((proceed) => {
              goOn = proceed;
            });
            resolve(socket);
            await waiting;
            board.hub.to('room').publish('x');
            socket.send('done');
          });
        });
      });
      const port = await apps.listen(app);
      const first = start(board);
      const client = await apps.open(port);
      client.send('x');
      await begun;
      first.stop();
      first.stop();
      expect(isWatched()).to.equal(false);
      const second = start(board);
      goOn();
      await client.next();
      expect(telemetry.names).to.deep.equal(['GET /', 'handler /', 'publish']);
      first.stop();
      expect(isWatched(), 'the second goes on').to.equal(true);
      second.stop();
      expect(isWatched()).to.equal(false);
    });

    it('observes what a board tells, and measures handshakes', async () => {
      const { app, board } = apps.app();
      app.ws('/', (socket) => {
        socket.on('message', (data) => socket.send(data));
      });
      const quiet = apps.app();
      const metrics = quiet.board.metrics.bind(quiet.board);
      let reads = 0;
      quiet.board.metrics = () => {
        reads++;
        return metrics();
      };
      start(board, { attributes: { board: 'one' } });
      const two = start(quiet.board, { attributes: { board: 'two' } });
      const port = await apps.listen(app);
      const client = await apps.open(port);
      client.send('12345');
      await client.next();
      await apps.refused(port, '/nowhere');
      const points = await telemetry.metrics();
      const values = (name: string) => points.filter((point) => point.name === name);
      expect(values('switchboard.connections.open')).to.deep.equal([
        { name: 'switchboard.connections.open', unit: '{connection}', attributes: { board: 'one' }, value: 1 },
        { name: 'switchboard.connections.open', unit: '{connection}', attributes: { board: 'two' }, value: 0 },
      ]);
      expect(values('switchboard.payload.received')[0]).to.include({ unit: 'By', value: 5 });
      expect(values('switchboard.payload.incomplete')).to.have.length(1);
      expect(values('switchboard.handshakes.refused').map(({ attributes }) => attributes)).to.deep.equal([
        { board: 'one', 'error.type': 'HTTP_404' },
      ]);
      const durations = values('switchboard.handshake.duration');
      expect(durations.map(({ attributes }) => attributes)).to.deep.equal([
        { board: 'one', 'http.response.status_code': 101 },
        { board: 'one', 'http.response.status_code': 404, 'error.type': 'HTTP_404' },
      ]);
      expect(durations[0]).to.include({ unit: 's' }).and.have.nested.property('value.count', 1);
      expect(reads).to.equal(1);
      two.stop();
      await telemetry.metrics();
      expect(reads).to.equal(1);
    });

    it('carries a trace from a client to the server by traceHeaders()', async () => {
      const { app, board } = apps.app();
      app.ws('/', () => {});
      start(board);
      const port = await apps.listen(app);
      const client = await telemetry.tracerProvider.getTracer('client').startActiveSpan('dial', async (span) => {
        const headers = traceHeaders({ 'x-own': 'kept' });
        expect(headers).to.include({ 'x-own': 'kept' }).and.have.property('traceparent');
        const socket = await connect(`ws://127.0.0.1:${port}`, { headers });
        span.end();
        return socket;
      });
      client.terminate();
      expect(parentOf(telemetry.span('GET /'))).to.equal(idOf(telemetry.span('dial')));
      expect(traceHeaders()).to.deep.equal({});
    });
  });
}

describe('openTelemetry()', () => {
  it('takes a ChatServer, and refuses what cannot be, in words', async () => {
    const server = new ChatServer('127.0.0.1', 0);
    const telemetry = new Telemetry();
    const { tracerProvider, meterProvider } = telemetry;
    const started = openTelemetry(server, { tracerProvider, meterProvider });
    await server.start();
    const client = await connect(`ws://127.0.0.1:${server.address!.port}`);
    expect(telemetry.names).to.deep.equal(['GET']);
    expect(() => openTelemetry(server)).to.throw(InvalidStateError, /stop\(\) the former/);
    started.stop();
    client.terminate();
    await server.stop();
    await telemetry.shutdown();
    const refused = (message: RegExp, ...parameters: unknown[]) =>
      expect(() => Reflect.apply(openTelemetry, undefined, parameters)).to.throw(InvalidOptionError, message);
    refused(/needs the board of switchboard\(app\), or a ChatServer, not undefined/);
    refused(/not an object \(Object\)/, { metrics: () => ({}) });
    refused(/Unknown option 'message' .* Did you mean 'messages'\?/, server, { message: true });
    refused(/'messages' must be true or false/, server, { messages: 1 });
    refused(/'publishes' must be true or false/, server, { publishes: 'no' });
    refused(/'attributes' must be an object, not an array/, server, { attributes: [] });
    refused(/'tracerProvider' must have a method getTracer, not be an object/, server, { tracerProvider: {} });
    refused(/'meterProvider' must have a method getMeter, not be null/, server, { meterProvider: null });
    expect(isWatched()).to.equal(false);
  });
});
