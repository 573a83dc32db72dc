import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { expect } from 'chai';
import { certificateFolder } from '../../bench/certificate';
import { startChild } from '../../bench/children';
import { createRing, encodeRing, type MessageShape } from '../../bench/frames';
import { openWorkshop, type Workshop } from '../../bench/workshop';
import { complaintOf, type Flags, needGenerator, type Report, runGenerator } from '../support/bench-generator';
import { debianHeader } from '../support/debian-tool';

const text32: MessageShape = { type: 'text', size: 32 };
const large: MessageShape = { type: 'binary', size: 700_000 };

const MIB = 2 ** 20;

/** Frames of 32 bytes of text, as the generator sends them. */
const FRAME = 38;

/** After so many bytes the clock runs, or all is said: a turn before it takes four messages for each of two WebSockets. */
const CLOCK_RUNS = 100 * FRAME;

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

describe('bench generator over HTTP/2', function () {
  this.timeout(60_000);
  let workshop: Workshop | undefined;
  let certificate: { key: Buffer; cert: Buffer };
  let server: Server;
  /** Below TLS, where there is TLS. */
  let sockets: Set<Socket>;
  let sessions: ServerHttp2Session[];
  let streams: ServerHttp2Stream[];

  before(async function () {
    this.timeout(600_000);
    needGenerator(this);
    debianHeader(this, 'openssl/ssl.h', 'libssl-dev');
    workshop = openWorkshop();
    const folder = await certificateFolder(workshop);
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(`${folder}/${name}`));
    certificate = { key: key!, cert: cert! };
  });
  after(() => workshop?.remove());
  afterEach(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });

  /** What the generator sends comes back as it is, masked. */
  const echo: OnStream = (stream) => {
    stream.respond({ ':status': 200 });
    stream.on('data', (chunk: Buffer) => stream.write(chunk));
  };

  /** An echo that does `fault` once, when the clock runs. */
  const echoUntil =
    (fault: (stream: ServerHttp2Stream, chunk: Buffer) => void): OnStream =>
    (stream) => {
      let received = 0;
      stream.respond({ ':status': 200 });
      stream.on('data', (chunk: Buffer) => {
        const before = received;
        received += chunk.length;
        if (before < CLOCK_RUNS && received >= CLOCK_RUNS) fault(stream, chunk);
        if (stream.writable) stream.write(chunk);
      });
    };

  interface Wanted {
    tls?: boolean;
    settings?: Settings;
  }

  async function listen(
    onStream: OnStream,
    { tls = false, settings = { enableConnectProtocol: true } }: Wanted = {},
  ): Promise<number> {
    const made: Http2Server = tls ? createSecureServer({ ...certificate, settings }) : createServer({ settings });
    made.on('stream', (stream, headers) => {
      streams.push(stream);
      stream.on('error', () => {}); // the generator goes without a word
      onStream(stream, headers);
    });
    made.on('session', (session) => {
      sessions.push(session);
      session.on('error', () => {});
    });
    return listenOn(made);
  }

  async function listenOn(made: Server): Promise<number> {
    server = made.on('connection', (socket: Socket) => sockets.add(socket));
    sockets = new Set();
    sessions = [];
    streams = [];
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  function drive(port: number, flags: Flags = {}, shape = text32): Promise<Report> {
    const frames = workshop!.write('frames', encodeRing(shape, createRing(shape, 4)));
    return runGenerator(workshop!, 'echo', { port, http2: true, frames, path: '/echo', ...flags });
  }

  for (const tls of [false, true]) {
    describe(tls ? 'with TLS' : 'without TLS', () => {
      const flags: Flags = tls ? { tls } : {};

      it('opens each WebSocket by an extended CONNECT', async () => {
        const requests: IncomingHttpHeaders[] = [];
        const port = await listen(
          (stream, headers) => {
            requests.push({ ...headers });
            echo(stream, headers);
          },
          { tls },
        );
        expect((await drive(port, { ...flags, path: '/a?b=c' })).messages).to.be.above(10);
        expect(requests).to.have.length(2);
        expect(requests[0]).to.include({
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':scheme': tls ? 'https' : 'http',
          ':authority': `127.0.0.1:${port}`,
          ':path': '/a?b=c',
          'sec-websocket-version': '13',
        });
      });

      it('has as many of them on each connection as it is told', async () => {
        const port = await listen(echo, { tls });
        await drive(port, { ...flags, connections: 5, streams: 2 });
        expect(sessions).to.have.length(3);
        expect(streams.map(({ id }) => id)).to.deep.equal([1, 3, 1, 3, 1]);
      });

      it('obeys windows, and opens its own', async () => {
        const port = await listen(echo, { tls });
        const report = await drive(port, { ...flags, connections: 3, streams: 3, 'in-flight': 2 }, large);
        expect(report.messages).to.be.above(3);
        expect(report.meanPayload).to.equal(700_000);
      });
    });
  }

  it('counts what comes back, however it is cut', async () => {
    const port = await listen((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', (chunk: Buffer) => {
        for (let at = 0; at < chunk.length; at += 7) stream.write(chunk.subarray(at, at + 7));
      });
    });
    expect((await drive(port)).messages).to.be.above(10);
  });

  it('obeys a window that is smaller than a message, and changes', async () => {
    const port = await listen(
      (stream, headers) => {
        echo(stream, headers);
        // Below what is under way, so that the window is less than nothing for a while.
        stream.once('data', () => stream.session!.settings({ initialWindowSize: 10 }));
      },
      { settings: { enableConnectProtocol: true, initialWindowSize: 25 } },
    );
    expect((await drive(port)).messages).to.be.above(10);
  });

  it('answers pings, and SETTINGS', async () => {
    let pinged = 0;
    let settled = 0;
    const port = await listen(
      echoUntil(({ session }) => {
        session!.ping(Buffer.from('are you?'), (error, _duration, payload) => {
          if (!error && payload.toString() === 'are you?') pinged++;
        });
        session!.settings({ initialWindowSize: 50_000 }, (error) => {
          if (!error) settled++;
        });
      }),
    );
    await drive(port);
    expect({ pinged, settled }).to.deep.equal({ pinged: 2, settled: 2 });
  });

  it('holds idle WebSockets', async () => {
    const port = await listen(echo);
    const flags = ['--port', `${port}`, '--http2', '--streams', '3'];
    const child = startChild('The generator', [workshop!.generator, 'idle', ...flags]);
    try {
      child.tell('4');
      expect(await child.nextLine(20_000)).to.deep.equal({ open: 4 });
      expect(streams.map(({ id }) => id)).to.deep.equal([1, 3, 5, 1]);
    } finally {
      await child.stop();
    }
  });

  it('lets WebSockets stall behind a full window, and counts the others, which go on', async () => {
    let asked = 0;
    let waiting = 0;
    const port = await listen((stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', (chunk: Buffer) => {
        stream.write(chunk);
        if (stream === streams[0]) asked += chunk.length;
        else waiting = streams[0]!.writableLength;
      });
    });
    expect((await drive(port, { connections: 4, streams: 4, stalled: 1 })).messages).to.be.above(10);
    expect(asked, 'bytes, three times what the window lets in').to.be.within(3 * MIB, 4 * MIB);
    expect(waiting, 'bytes of that').to.be.above(MIB);
  });

  describe('gives no figure for a server that', () => {
    for (const [fault, onStream, complaint] of [
      [
        'answers other bytes',
        echoUntil((_stream, chunk) => {
          chunk[10]! ^= 1;
        }),
        'The server sent a message with other bytes',
      ],
      ['refuses', (stream) => stream.respond({ ':status': 403 }, { endStream: true }), 'begins with 48 03 34 30 33'],
      [
        'says something at once',
        (stream) => {
          stream.respond({ ':status': 200 });
          stream.write('at once');
        },
        'that nobody asked for',
      ],
      [
        'says something to another WebSocket',
        (stream) => {
          if (stream === streams[0]) return echo(stream, {});
          stream.respond({ ':status': 200 });
          stream.on('data', () => streams[0]!.write('at once'));
        },
        'The server sent bytes to WebSocket 0 that nobody asked for',
      ],
      [
        'resets a stream',
        // close() would end it first.
        echoUntil((stream) => stream.destroy(new Error('reset'))),
        'The server reset a stream with INTERNAL_ERROR, that of WebSocket',
      ],
      ['ends a stream', echoUntil((stream) => stream.end()), 'The server ended a stream, that of WebSocket'],
      [
        'ends the connection',
        echoUntil(({ session }) => session!.goaway(constants.NGHTTP2_INTERNAL_ERROR, 0, Buffer.from('no more today'))),
        'The server ended the HTTP/2 connection (GOAWAY): INTERNAL_ERROR, and said: no more today',
      ],
      [
        'cuts the connection',
        echoUntil(() => {
          for (const socket of sockets) socket.destroy();
        }),
        'The server closed an HTTP/2 connection',
      ],
    ] as [string, OnStream, string][]) {
      it(fault, async () => {
        const port = await listen(onStream);
        const attempt = drive(port, { streams: 2, duration: 2_000 });
        expect(await complaintOf(attempt)).to.contain(complaint);
      });
    }

    it('answers a message twice', async () => {
      const frames = workshop!.write('single', encodeRing(text32, createRing(text32, 1)));
      const port = await listen(echoUntil((stream, chunk) => stream.write(chunk)));
      expect(await complaintOf(drive(port, { frames }))).to.contain('The server answered a message twice');
    });

    it('takes no WebSockets over HTTP/2', async () => {
      const port = await listen(echo, { settings: {} });
      expect(await complaintOf(drive(port))).to.contain('its SETTINGS do not say ENABLE_CONNECT_PROTOCOL');
    });

    it('takes fewer on a connection than it is asked to', async () => {
      const port = await listen(echo, { settings: { enableConnectProtocol: true, maxConcurrentStreams: 2 } });
      const attempt = drive(port, { connections: 3, streams: 3 });
      expect(await complaintOf(attempt)).to.contain('allows 2 streams on a connection, and --streams asks for 3');
    });

    it('does not speak HTTP/2', async () => {
      const port = await listenOn(createHttpServer());
      expect(await complaintOf(drive(port))).to.contain('The server does not speak HTTP/2: it began with HTTP/1.1');
    });

    it('does not speak HTTP/2 over TLS', async () => {
      const port = await listenOn(createHttpsServer({ ...certificate, ALPNProtocols: [] }));
      expect(await complaintOf(drive(port, { tls: true }))).to.contain(
        'The server does not speak HTTP/2: TLS offered it (ALPN), and it was not chosen',
      );
    });
  });

  describe('says what does not go together:', () => {
    for (const [load, flags, complaint] of [
      ['fanout', { http2: true }, '--http2 is for echo without --rate, and for idle: not for fanout'],
      ['echo', { http2: true, rate: 10 }, '--http2 is for echo without --rate, and for idle: not for --rate'],
      ['idle', { http2: true, compressed: true }, '--http2 reads nothing of an answer but its status'],
      ['echo', { http2: true, stalled: 2 }, '--stalled 2 leaves none of 2 WebSockets to count'],
      ['echo', { streams: 2 }, '--streams and --stalled are about HTTP/2: they need --http2'],
    ] as [string, Flags, string][]) {
      it(`${load} ${Object.keys(flags).join(' ')}`, async () => {
        const port = await listen(echo);
        const frames = workshop!.write('frames', encodeRing(text32, createRing(text32, 1)));
        expect(await complaintOf(runGenerator(workshop!, load, { port, frames, ...flags }))).to.contain(complaint);
      });
    }
  });
});
