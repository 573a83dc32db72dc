import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import http2, { type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { expect } from 'chai';
import { InvalidStateError } from '../../src/protocol/errors';
import { bridgeHttp2 } from '../../src/server/http2-bridge';
import { resolveServerOptions } from '../../src/server/options';
import { receiveUpgrades } from '../../src/server/receive-upgrades';
import { answerOf, fetchStream, Http2Site, openStream } from '../support/http2-site';
import { sampleAccept, sampleKey } from '../support/raw-client';
import { echo } from '../support/test-servers';

describe('bridgeHttp2', () => {
  let site: Http2Site;
  beforeEach(() => {
    site = new Http2Site();
  });
  afterEach(() => site.close());

  function bridged(listener?: RequestListener, options: http2.ServerOptions = {}) {
    const server = http2.createServer(options);
    if (listener !== undefined) server.on('request', listener as never);
    return { server, bridge: bridgeHttp2(server) };
  }

  async function session(server: Http2Server) {
    return site.connect(await site.listen(server));
  }

  it('gives listeners the requests and responses of node:http', async () => {
    let seen: [IncomingMessage, ServerResponse] | undefined;
    const { server } = bridged((request, response) => {
      seen = [request, response];
      response.setHeader('X-Name', ['a', 'b']).end(`${request.method} ${request.url}`);
    });
    const { status, headers, body } = await fetchStream(await session(server), { ':path': '/a?b' });
    expect({ status, body }).to.deep.equal({ status: 200, body: 'GET /a?b' });
    expect(headers['x-name']).to.equal('a, b');
    expect(headers).not.to.have.any.keys('connection', 'transfer-encoding', 'keep-alive');
    const [request, response] = seen!;
    expect(request.constructor.name).to.equal('IncomingMessage');
    expect(response.constructor.name).to.equal('ServerResponse');
    expect(request).to.include({ httpVersion: '2.0', httpVersionMajor: 2, httpVersionMinor: 0 });
  });

  it('has finished when all is written, also where the stream closes before that is known', async () => {
    const told: string[] = [];
    const { server } = bridged((request, response) => {
      const kinds = { request, response };
      for (const [kind, emitter] of Object.entries(kinds)) {
        for (const event of ['aborted', 'error', 'finish', 'close'])
          emitter.on(event, () => told.push(`${kind} ${event}`));
      }
      if (request.url === '/empty') response.end();
      else response.end('a body');
    });
    const client = await session(server);
    for (const path of ['/', '/empty']) {
      told.length = 0;
      await fetchStream(client, { ':path': path });
      await fetchStream(client, { ':path': path });
      expect(told.slice(0, 2), path).to.have.members(['response finish', 'response close']);
    }
  });

  it('tells of the socket below what middleware asks for', async () => {
    const { server } = bridged((request, response) => {
      const { remotePort, localPort } = request.socket;
      response.end(JSON.stringify({ remotePort, localPort, address: request.socket.address() }));
    });
    const client = await session(server);
    const { localPort, remotePort } = client.socket;
    const told = JSON.parse((await fetchStream(client, { ':path': '/' })).body);
    expect(told).to.include({ remotePort: localPort, localPort: remotePort });
    expect(told.address).to.include({ port: remotePort });
  });

  it('takes the first of two values where HTTP/2 has room for one', async () => {
    const { server } = bridged((_request, response) => {
      response.setHeader('Location', ['/a', '/b']).setHeader('Set-Cookie', ['a=1', 'b=2']).end();
    });
    const { headers } = await fetchStream(await session(server), { ':path': '/' });
    expect(headers.location).to.equal('/a');
    expect(headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
  });

  it('answers 500, and warns, where HTTP/2 cannot say a response', async () => {
    const { server } = bridged((_request, response) => {
      response.writeHead(700).end();
    });
    const warning = once(process, 'warning');
    const client = await session(server);
    expect(await fetchStream(client, { ':path': '/' })).to.include({ status: 500 });
    expect((await warning)[0].message).to.match(/^A response cannot be sent over HTTP\/2: /);
  });

  it('ends a stream with an error where the response was cut short', async () => {
    const { server } = bridged((request, response) => {
      if (request.url?.includes('known')) response.setHeader('Content-Length', 10);
      response.write('short');
      if (request.url?.includes('destroyed')) setImmediate(() => response.destroy());
      else setImmediate(() => request.socket.end());
    });
    const client = await session(server);
    for (const path of ['/destroyed', '/ended', '/destroyed/known', '/ended/known']) {
      const { status, rstCode } = await fetchStream(client, { ':path': path });
      expect(status).to.equal(200);
      expect(rstCode, path).not.to.equal(http2.constants.NGHTTP2_NO_ERROR);
    }
  });

  it('answers before the request has ended, with trailers, and tells the client to stop', async () => {
    const { server } = bridged((_request, response) => {
      response.writeHead(413, { Trailer: 'x-sum' });
      response.addTrailers({ 'x-sum': '1' });
      response.write('too large');
      response.end();
    });
    const stream = (await session(server)).request({ ':method': 'POST', ':path': '/' }, { endStream: false });
    stream.write('the first of much');
    const trailers = once(stream, 'trailers');
    let body = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    const [headers] = await once(stream, 'response');
    expect(headers[':status']).to.equal(413);
    const [received] = await trailers;
    expect(received['x-sum']).to.equal('1');
    await once(stream, 'close');
    expect(body).to.equal('too large');
    expect(stream.rstCode).to.equal(http2.constants.NGHTTP2_NO_ERROR);
  });

  it('tells of a request that takes too long, as sockets do', async () => {
    const { server } = bridged((_request, response) => {
      response.setTimeout(20, () => {
        response.statusCode = 408;
        response.end();
      });
    });
    expect(await fetchStream(await session(server), { ':path': '/' })).to.include({ status: 408 });
  });

  it('gives a body no longer to come than requestTimeout says', async () => {
    const { server } = bridged((request, response) => {
      request.resume().on('end', () => response.end());
    });
    Object.assign(server, { requestTimeout: 30 });
    const stream = (await session(server)).request({ ':method': 'POST', ':path': '/' }, { endStream: false });
    stream.write('the first of it');
    expect(await answerOf(stream)).to.include({ status: 408 });
  });

  it('survives streams that are reset before they are answered', async () => {
    const { server } = bridged((_request, response) => response.end());
    const client = await session(server);
    const another = { ':method': 'CONNECT', ':protocol': 'foo', ':scheme': 'http', ':path': '/' };
    const resets = Array.from({ length: 40 }, async (_, i) => {
      const stream = client.request(i % 2 === 0 ? another : { ':path': '/' }, { endStream: false });
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      await answerOf(stream);
    });
    await Promise.all(resets);
    expect(await fetchStream(client, { ':path': '/' })).to.include({ status: 200 });
  });

  it('sends trailers with their first value where HTTP/2 has room for one', async () => {
    const { server } = bridged((_request, response) => {
      response.write('x');
      response.addTrailers([
        ['etag', 'a'],
        ['etag', 'b'],
      ]);
      response.end();
    });
    const stream = (await session(server)).request({ ':path': '/' });
    const [trailers] = await once(stream.resume(), 'trailers');
    expect(trailers.etag).to.equal('a');
  });

  it('refuses other expectations, unless somebody listens for them', async () => {
    const { server } = bridged((_request, response) => response.end());
    const client = await session(server);
    const headers = { ':path': '/', expect: 'the-unexpected' };
    expect(await fetchStream(client, headers)).to.include({ status: 417 });
    server.on('checkExpectation', ((_request: IncomingMessage, response: ServerResponse) => {
      response.end('as expected');
    }) as never);
    expect(await fetchStream(client, headers)).to.include({ status: 200, body: 'as expected' });
  });

  it('says so where there is nothing to take the place of', () => {
    const server = http2.createServer(() => {});
    server.removeAllListeners('stream');
    expect(() => bridgeHttp2(server)).to.throw(InvalidStateError, /does not find what makes requests/);
  });

  it('hands an expectation of 100-continue to whoever listens for it', async () => {
    const { server } = bridged((_request, response) => response.end());
    server.on('checkContinue', ((_request: IncomingMessage, response: ServerResponse) => {
      response.statusCode = 413;
      response.end('not this one');
    }) as never);
    const headers = { ':method': 'POST', ':path': '/', expect: '100-continue' };
    expect(await fetchStream(await session(server), headers, 'x')).to.include({ status: 413, body: 'not this one' });
  });

  describe('for extended CONNECT', () => {
    async function echoing() {
      const { server, bridge } = bridged(() => {});
      const options = resolveServerOptions('test');
      const dispatch = (request: IncomingMessage, response: ServerResponse) => void echo(request, response, options);
      receiveUpgrades(bridge.http1, { handshakeTimeout: 5_000, dispatch });
      return session(server);
    }

    it('announces it, and opens a WebSocket on the stream', async () => {
      const client = await echoing();
      expect(client.remoteSettings.enableConnectProtocol).to.equal(true);
      const stream = openStream(client, '/');
      const [headers] = await once(stream, 'response');
      expect(headers[':status']).to.equal(200);
      expect(headers).not.to.have.any.keys('sec-websocket-accept', 'upgrade', 'connection');
      stream.write(Buffer.from('818300000000616263', 'hex'));
      const [frame] = await once(stream, 'data');
      expect(frame.toString('latin1')).to.equal('\x81\x03abc');
      stream.destroy();
    });

    it('takes frames that come with the request', async () => {
      const stream = openStream(await echoing());
      stream.write(Buffer.from('818300000000616263', 'hex'));
      const [frame] = await once(stream, 'data');
      expect(frame.toString('latin1')).to.equal('\x81\x03abc');
      stream.destroy();
    });

    it('answers a key where the client sends one', async () => {
      const stream = openStream(await echoing(), '/', { 'sec-websocket-key': sampleKey });
      const [headers] = await once(stream, 'response');
      expect(headers['sec-websocket-accept']).to.equal(sampleAccept);
      stream.destroy();
    });

    it('refuses with the answer of HTTP', async () => {
      const answer = await fetchStream(
        await echoing(),
        {
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':scheme': 'http',
          ':path': '/',
          'sec-websocket-version': '8',
        },
        '',
      );
      expect(answer).to.include({ status: 426 });
      expect(answer.headers['sec-websocket-version']).to.equal('13');
      expect(answer.body).to.include('must be 13');
    });

    it('answers 501 for another protocol', async () => {
      const headers = { ':method': 'CONNECT', ':protocol': 'webtransport', ':scheme': 'http', ':path': '/' };
      expect(await fetchStream(await echoing(), headers)).to.include({ status: 501 });
    });

    it('leaves an ordinary CONNECT to node:http2, which has none', async () => {
      const headers = { ':method': 'CONNECT', ':authority': 'example.com:80' };
      expect(await fetchStream(await echoing(), headers)).to.include({ status: 405 });
    });
  });

  describe('leaves', () => {
    it('the streams of a server that has no request listener to those who look at streams', async () => {
      const { server } = bridged();
      server.on('stream', (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 200 });
        stream.end('by stream');
      });
      expect(await fetchStream(await session(server), { ':path': '/' })).to.include({ body: 'by stream' });
    });

    it('a server as it was when it is detached', async () => {
      let seen: unknown;
      const { server, bridge } = bridged((request, response) => {
        seen = request;
        response.end();
      });
      bridge.detach();
      const client = await session(server);
      expect(client.remoteSettings.enableConnectProtocol).to.equal(false);
      await fetchStream(client, { ':path': '/' });
      expect(seen).to.be.instanceOf(http2.Http2ServerRequest);
    });
  });
});
