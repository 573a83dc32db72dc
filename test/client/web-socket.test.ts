import { Blob } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocket as NodeWebSocket } from 'undici';
import { WebSocketServer, type WebSocket as WsSocket } from 'ws';
import { WebSocket as OurWebSocket } from '../../src/client/web-socket';
import { CloseEvent } from '../../src/client/web-socket-events';
import { InvalidOptionError } from '../../src/protocol/errors';
import { WebSocketHandshake } from '../../src/protocol/handshake';
import { serverText } from '../support/raw-client';
import { iteration } from '../support/recording-transport';

type Any = OurWebSocket;
type Constructor = typeof OurWebSocket;

/**
 * What both classes do: ours, and the one that Node has as a global from 22 on. In four places that one departs from the
 * standard; there it is ours alone.
 */
const classes: Array<[string, Constructor, Mocha.TestFunction | (() => void)]> = [
  ['ours', OurWebSocket, it],
  ["Node's", NodeWebSocket as unknown as Constructor, () => {}],
];

const event = (target: Any, type: string) =>
  new Promise<Event & CloseEvent & MessageEvent>((resolve) => {
    target.addEventListener(type, resolve as never, { once: true });
  });

/** Everything that happens to the socket, in words, up to its end. */
function story(socket: Any): Promise<string[]> {
  const lines: string[] = [];
  socket.addEventListener('open', () => lines.push(`open ${socket.readyState}`));
  socket.addEventListener('message', ({ data }) => lines.push(`message ${data}`));
  socket.addEventListener('error', () => lines.push(`error ${socket.readyState}`));
  return new Promise((resolve) => {
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      lines.push(`close ${code} ${JSON.stringify(reason)} ${wasClean} ${socket.readyState}`);
      resolve(lines);
    });
  });
}

const thrown = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    return (error as Error).name;
  }
  return 'nothing';
};

for (const [name, WebSocket, itByTheStandard] of classes) {
  describe(`WebSocket as in browsers: ${name}`, () => {
    let server: WebSocketServer;
    let url: string;
    const others: Array<{ close(): void }> = [];

    before(async () => {
      server = new WebSocketServer({
        port: 0,
        host: '127.0.0.1',
        handleProtocols: (offered) => [...offered].at(-1) ?? false,
      });
      await once(server, 'listening');
      url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
      server.on('connection', (peer: WsSocket) => {
        peer.on('error', () => {});
        peer.on('message', (data, isBinary) => {
          const text = isBinary ? '' : String(data);
          if (text.startsWith('close ')) peer.close(Number(text.slice(6)), 'as you say');
          else if (text === 'close') peer.close();
          else if (text === 'terminate') peer.terminate();
          else peer.send(data, { binary: isBinary });
        });
      });
    });

    after(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });

    afterEach(() => {
      for (const each of others.splice(0)) each.close();
    });

    /** A server that answers every upgrade with these bytes, and calls back with the socket. */
    async function answering(make: (key: string) => Array<string | Buffer>, then?: (socket: net.Socket) => void) {
      const raw: Server = createServer();
      raw.on('upgrade', (request, socket) => {
        socket.on('error', () => {});
        socket.on('end', () => socket.end()).resume();
        others.push({ close: () => socket.destroy() });
        socket.write(
          Buffer.concat(make(request.headers['sec-websocket-key']!).map((part) => Buffer.from(part as string))),
        );
        then?.(socket as net.Socket);
      });
      raw.listen(0, '127.0.0.1');
      await once(raw, 'listening');
      others.push(raw);
      return `ws://127.0.0.1:${(raw.address() as AddressInfo).port}/`;
    }

    const accept = (key: string) => WebSocketHandshake.buildAcceptResponse(key);

    describe('constructor', () => {
      it('refuses what is no URL of a WebSocket with a SyntaxError', () => {
        for (const bad of [
          '',
          'no url',
          '/path',
          'ftp://host',
          'mailto:a@b',
          'ws://host/#fragment',
          'ws://host/#',
          'ws://ho st',
        ]) {
          expect(
            thrown(() => new WebSocket(bad)),
            bad,
          ).to.equal('SyntaxError');
        }
      });

      it('refuses subprotocols that cannot be, or come twice, with a SyntaxError', () => {
        for (const bad of ['', 'a b', 'a,b', 'é', ['a', 'a'], ['a', ''], ['\u0000']]) {
          expect(
            thrown(() => new WebSocket('ws://127.0.0.1:1', bad)),
            String(bad),
          ).to.equal('SyntaxError');
        }
      });

      it('takes http and https for ws and wss', async () => {
        for (const [given, shown] of [
          [url.replace('ws:', 'http:'), `${url}/`],
          [`${url}/a/../b?c=d e`, `${url}/b?c=d%20e`],
        ] as const) {
          const socket = new WebSocket(given);
          expect(socket.url).to.equal(shown);
          await event(socket, 'open');
          socket.close();
          await event(socket, 'close');
        }
      });

      it('begins with what the standard says', async () => {
        const socket = new WebSocket(new URL(url));
        expect(socket.readyState).to.equal(WebSocket.CONNECTING);
        expect(socket.bufferedAmount).to.equal(0);
        expect(socket.extensions).to.equal('');
        expect(socket.protocol).to.equal('');
        expect(socket.binaryType).to.equal('blob');
        for (const attribute of ['onopen', 'onmessage', 'onerror', 'onclose'] as const) {
          expect(socket[attribute]).to.equal(null);
        }
        expect(thrown(() => socket.send('too early'))).to.equal('InvalidStateError');
        expect(Object.prototype.toString.call(socket)).to.equal('[object WebSocket]');
        expect(socket).to.be.instanceOf(EventTarget);
        await event(socket, 'open');
        socket.close();
        await event(socket, 'close');
      });

      it('has its constants on itself and on its instances, for good', () => {
        for (const target of [WebSocket, WebSocket.prototype]) {
          const { CONNECTING, OPEN, CLOSING, CLOSED } = target;
          expect([CONNECTING, OPEN, CLOSING, CLOSED]).to.deep.equal([0, 1, 2, 3]);
          const described = Object.getOwnPropertyDescriptor(target, 'OPEN');
          expect(described).to.deep.equal({ value: 1, writable: false, enumerable: true, configurable: false });
        }
      });

      it('offers subprotocols, and has the chosen one', async () => {
        for (const [protocols, chosen] of [
          ['a', 'a'],
          [['a', 'b'], 'b'],
          [new Set(['x', 'y']), 'y'],
          [{ protocols: ['c'] }, 'c'],
        ] as const) {
          const socket = new WebSocket(url, protocols as never);
          await event(socket, 'open');
          expect(socket.protocol).to.equal(chosen);
          socket.close();
          await event(socket, 'close');
        }
      });
    });

    describe('messages', () => {
      it('go both ways, text and binary, in order', async () => {
        const socket = new WebSocket(url);
        socket.binaryType = 'arraybuffer';
        const received: unknown[] = [];
        const done = new Promise<void>((resolve) => {
          socket.onmessage = ({ data, origin }) => {
            expect(origin).to.equal(url);
            received.push(typeof data === 'string' ? data : Buffer.from(data).toString());
            if (received.length === 7) resolve();
          };
        });
        await event(socket, 'open');
        socket.send('é');
        socket.send(Buffer.from('buffer'));
        socket.send(new Uint8Array(Buffer.from('array')));
        socket.send(new Uint8Array(Buffer.from('.view.')).subarray(1, 5));
        socket.send(Uint8Array.from(Buffer.from('bytes')).buffer);
        socket.send(new DataView(Uint8Array.from(Buffer.from('xdatax')).buffer, 1, 4));
        socket.send('');
        await done;
        expect(received).to.deep.equal(['é', 'buffer', 'array', 'view', 'bytes', 'data', '']);
        socket.close();
        await event(socket, 'close');
      });

      it('make a string of what is none', async () => {
        const socket = new WebSocket(url);
        await event(socket, 'open');
        for (const [given, expected] of [
          [5, '5'],
          [null, 'null'],
          [undefined, 'undefined'],
          [{}, '[object Object]'],
          ['\ud800', '\ufffd'],
        ] as const) {
          socket.send(given as never);
          expect((await event(socket, 'message')).data).to.equal(expected);
        }
        expect(thrown(() => (socket as unknown as { send(): void }).send())).to.equal('TypeError');
        socket.close();
        await event(socket, 'close');
      });

      it('are Blobs, or ArrayBuffers of their own, as binaryType says', async () => {
        const socket = new WebSocket(url);
        await event(socket, 'open');
        socket.send(Buffer.from('bytes'));
        const { data } = await event(socket, 'message');
        expect(data).to.be.instanceOf(Blob);
        expect(await data.text()).to.equal('bytes');
        socket.binaryType = 'arraybuffer';
        socket.send(Buffer.from('bytes'));
        const bytes = (await event(socket, 'message')).data;
        expect(bytes).to.be.instanceOf(ArrayBuffer);
        expect(bytes.byteLength).to.equal(5);
        socket.close();
        await event(socket, 'close');
      });

      itByTheStandard('ignores a binaryType that is none', () => {
        const socket = new WebSocket(url);
        for (const type of ['blob', 'arraybuffer'] as const) {
          socket.binaryType = type;
          socket.binaryType = 'nonsense' as never;
          expect(socket.binaryType).to.equal(type);
        }
        socket.close();
      });

      itByTheStandard('keep their order around Blobs, which are read while the others wait', async () => {
        const socket = new WebSocket(url);
        socket.binaryType = 'arraybuffer';
        await event(socket, 'open');
        const story_ = story(socket);
        const bytes = new Uint8Array(Buffer.from('bytes'));
        socket.send('1');
        socket.send(new Blob(['two']));
        socket.send('3');
        socket.send(bytes);
        expect(socket.bufferedAmount).to.be.at.least(9);
        socket.send(new Blob(['four']));
        socket.close(3000, 'behind all that');
        expect(socket.readyState).to.equal(WebSocket.CLOSING);
        const lines = await story_;
        expect(lines.map((line) => line.replace('[object ArrayBuffer]', 'bytes'))).to.deep.equal([
          'message 1',
          'message bytes',
          'message 3',
          'message bytes',
          'message bytes',
          'close 3000 "behind all that" true 3',
        ]);
      });

      it('that come with the 101 are not lost: open is first', async () => {
        const target = await answering((key) => [accept(key), serverText('early'), serverText('bird')]);
        const socket = new WebSocket(target);
        const lines: string[] = [];
        socket.onopen = () => lines.push('open');
        const done = new Promise<void>((resolve) => {
          socket.onmessage = ({ data }) => lines.push(data) === 3 && resolve();
        });
        await done;
        expect(lines).to.deep.equal(['open', 'early', 'bird']);
      });
    });

    describe('bufferedAmount', () => {
      it('counts bytes of UTF-8 from the call on, and goes back to nothing', async () => {
        const socket = new WebSocket(url);
        await event(socket, 'open');
        socket.send('€'.repeat(10));
        socket.send(new Uint8Array(5));
        socket.send(new Blob(['12345']));
        expect(socket.bufferedAmount).to.equal(40);
        let echoes = 0;
        await new Promise<void>((resolve) => {
          socket.onmessage = () => ++echoes === 3 && resolve();
        });
        expect(socket.bufferedAmount).to.equal(0);
        socket.close();
        await event(socket, 'close');
      });

      itByTheStandard('grows with what is sent after the end, which nobody gets', async () => {
        const socket = new WebSocket(url);
        await event(socket, 'open');
        socket.close();
        socket.send('12345');
        expect(socket.bufferedAmount).to.equal(5);
        await event(socket, 'close');
        socket.send('123');
        socket.send(new Uint8Array(2));
        expect(socket.bufferedAmount).to.equal(10);
      });
    });

    describe('close()', () => {
      it('refuses codes and reasons that cannot be, in every state', async () => {
        const socket = new WebSocket(url);
        const check = () => {
          for (const code of [0, 500, 999, 1001, 1006, 2999, 5000, 65_536, -1, Number.NaN, 'x']) {
            expect(
              thrown(() => socket.close(code as number)),
              String(code),
            ).to.equal('InvalidAccessError');
          }
          expect(thrown(() => socket.close(1000, 'é'.repeat(62)))).to.equal('SyntaxError');
        };
        check();
        await event(socket, 'open');
        check();
        socket.close(4999, 'é'.repeat(61));
        const { code, reason } = await event(socket, 'close');
        expect([code, reason]).to.deep.equal([4999, 'é'.repeat(61)]);
        check();
        expect(thrown(() => socket.close())).to.equal('nothing');
      });

      it('before open gives the connection up: error, and close with 1006', async () => {
        const socket = new WebSocket(url);
        const told = story(socket);
        socket.close();
        expect(socket.readyState).to.equal(WebSocket.CLOSING);
        expect(await told).to.deep.equal(['error 3', 'close 1006 "" false 3']);
      });

      it('without a code says nothing, and hears 1005', async () => {
        const socket = new WebSocket(url);
        const told = story(socket);
        await event(socket, 'open');
        socket.close();
        socket.close(1000);
        expect(await told).to.deep.equal(['open 1', 'close 1005 "" true 3']);
      });

      it('tells the code and the reason to the peer, and its answer to us', async () => {
        const socket = new WebSocket(url);
        const told = story(socket);
        await event(socket, 'open');
        socket.close(1000, 'done');
        expect((await told).at(-1)).to.equal('close 1000 "done" true 3');
      });

      it('of the peer is clean, with or without a code', async () => {
        for (const [words, end] of [
          ['close', 'close 1005 "" true 3'],
          ['close 1001', 'close 1001 "as you say" true 3'],
          ['close 4999', 'close 4999 "as you say" true 3'],
        ] as const) {
          const socket = new WebSocket(url);
          const told = story(socket);
          await event(socket, 'open');
          socket.send(words);
          expect(await told).to.deep.equal(['open 1', end]);
        }
      });
    });

    describe('failing', () => {
      const broken: Array<[string, (key: string) => Array<string | Buffer>]> = [
        ['answers 404', () => ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n']],
        [
          'answers no accept',
          () => ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
        ],
        ['answers no HTTP', () => ['SSH-2.0-OpenSSH_9.9\r\n\r\n']],
      ];
      for (const [does, make] of broken) {
        it(`a server that ${does}: error, then close with 1006, and nothing thrown`, async () => {
          const socket = new WebSocket(await answering(make, (accepted) => accepted.end()));
          expect(await story(socket)).to.deep.equal(['error 3', 'close 1006 "" false 3']);
        });
      }

      it('a server that chooses none of the subprotocols that were offered: the same', async () => {
        const target = await answering((key) => [accept(key)]);
        expect(await story(new WebSocket(target, ['a', 'b']))).to.deep.equal(['error 3', 'close 1006 "" false 3']);
      });

      it('nobody there: the same, later, also where nobody listens for it', async () => {
        const probe = net.createServer().listen(0, '127.0.0.1');
        await once(probe, 'listening');
        const { port } = probe.address() as AddressInfo;
        probe.close();
        await once(probe, 'close');
        const socket = new WebSocket(`ws://127.0.0.1:${port}`);
        expect(socket.readyState).to.equal(WebSocket.CONNECTING);
        expect((await event(socket, 'close')).code).to.equal(1006);
        expect(socket.readyState).to.equal(WebSocket.CLOSED);
      });

      it('a peer that breaks the rules: error, then close with 1006', async () => {
        const target = await answering((key) => [accept(key), serverText('good'), Buffer.of(0xff, 0)]);
        expect(await story(new WebSocket(target))).to.deep.equal([
          'open 1',
          'message good',
          'error 3',
          'close 1006 "" false 3',
        ]);
      });

      it('a connection that is cut is closed with 1006', async () => {
        const socket = new WebSocket(url);
        const told = story(socket);
        await event(socket, 'open');
        socket.send('terminate');
        expect((await told).at(-1)).to.equal('close 1006 "" false 3');
      });
    });

    describe('events', () => {
      it('are events: target, type, and this', async () => {
        const socket = new WebSocket(url);
        const opened = await new Promise<{ event: Event; self: unknown }>((resolve) => {
          socket.onopen = function (event) {
            resolve({ event, self: this });
          };
        });
        expect(opened.self).to.equal(socket);
        expect(opened.event.type).to.equal('open');
        expect(opened.event.target).to.equal(socket);
        expect(opened.event.bubbles || opened.event.cancelable).to.equal(false);
        socket.close(1000);
        const closed = await event(socket, 'close');
        expect(closed).to.be.instanceOf(Event);
        expect([closed.wasClean, closed.code, closed.reason]).to.deep.equal([true, 1000, '']);
      });

      itByTheStandard(
        'on… is one listener among the others, at the place of its first function, until it is null',
        async () => {
          const socket = new WebSocket(url);
          await event(socket, 'open');
          const log: string[] = [];
          socket.addEventListener('message', () => log.push('1'));
          socket.onmessage = () => log.push('replaced');
          socket.addEventListener('message', () => log.push('3'));
          const second = () => log.push('2');
          socket.onmessage = second;
          expect(socket.onmessage).to.equal(second);
          socket.send('');
          await event(socket, 'message');
          expect(log.splice(0)).to.deep.equal(['1', '2', '3']);
          socket.onmessage = 'no function' as never;
          expect(socket.onmessage).to.equal(null);
          socket.send('');
          await event(socket, 'message');
          expect(log.splice(0)).to.deep.equal(['1', '3']);
          socket.onmessage = second;
          socket.send('');
          await event(socket, 'message');
          expect(log).to.deep.equal(['1', '3', '2']);
          socket.onmessage = null;
          socket.close();
          await event(socket, 'close');
        },
      );
    });
  });
}

describe('WebSocket of this package', () => {
  let server: WebSocketServer;
  let url: string;

  before(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  it('takes the options of connect() where Node takes its own', async () => {
    const connected = once(server, 'connection');
    const socket = new OurWebSocket(url, { headers: { 'X-Token': 'secret' }, origin: 'http://app.example' });
    const [, request] = await connected;
    expect(request.headers).to.include({ 'x-token': 'secret', origin: 'http://app.example' });
    await event(socket, 'open');
    socket.close();
    await event(socket, 'close');
  });

  it('refuses options that cannot be at once, in words', () => {
    expect(() => new OurWebSocket(url, { maxMesageSize: 5 } as never)).to.throw(InvalidOptionError, "'maxMessageSize'");
    expect(() => new OurWebSocket(url, { handshakeTimeout: 0 })).to.throw(InvalidOptionError);
    expect(() => new OurWebSocket(url, { subprotocols: ['a'] } as never)).to.throw(
      InvalidOptionError,
      "called 'protocols'",
    );
  });

  it('refuses a third argument, which other libraries take for options', () => {
    const Loose = OurWebSocket as unknown as new (...given: unknown[]) => OurWebSocket;
    for (const third of [{}, { http2: 'auto' }, null]) {
      expect(() => new Loose(url, [], third)).to.throw(
        InvalidOptionError,
        'new WebSocket() takes options as its second argument, { protocols, headers, http2, … }, and has no third',
      );
    }
  });

  it('takes undefined for no argument', async () => {
    const Loose = OurWebSocket as unknown as new (...given: unknown[]) => OurWebSocket;
    const socket = new Loose(url, undefined, undefined);
    await event(socket, 'open');
    socket.close();
    await event(socket, 'close');
  });

  it('gives up where its signal is aborted', async () => {
    const controller = new AbortController();
    const socket = new OurWebSocket(url, { signal: controller.signal });
    controller.abort(new Error('not any more'));
    const told = new Promise<{ message: string }>((resolve) => socket.addEventListener('error', resolve));
    expect((await told).message).to.equal('not any more');
    expect((await event(socket, 'close')).code).to.equal(1006);
  });

  it('says in its error event what went wrong', async () => {
    const raw = createServer((_request, response) => response.writeHead(403).end('no')).listen(0, '127.0.0.1');
    await once(raw, 'listening');
    const socket = new OurWebSocket(`ws://127.0.0.1:${(raw.address() as AddressInfo).port}`);
    const told = await new Promise<{ message: string; error: Error }>((resolve) => {
      socket.onerror = resolve;
    });
    expect(told.message).to.contain('403');
    expect(told.error).to.have.nested.property('response.status', 403);
    raw.close();
  });

  it('serves promises of a listener before the next event', async () => {
    server.once('connection', (peer) => {
      for (const text of ['1', '2', '3']) peer.send(text);
    });
    const socket = new OurWebSocket(url);
    // Each time only one listener is there, and the next one is added by what awaits it.
    for (const text of ['1', '2', '3']) {
      const { data } = await event(socket, 'message');
      for (let i = 0; i < 20; i++) await Promise.resolve();
      expect(data).to.equal(text);
    }
    socket.close();
    await event(socket, 'close');
  });

  it('takes messages of many megabytes, as browsers do, and refuses those above maxMessageSize', async () => {
    server.once('connection', (peer) => peer.send(Buffer.alloc(5 * 1024 * 1024)));
    const socket = new OurWebSocket(url);
    const { data } = await event(socket, 'message');
    expect(data.size).to.equal(5 * 1024 * 1024);
    socket.close();
    await event(socket, 'close');
    server.once('connection', (peer) => {
      peer.on('error', () => {});
      peer.send('x'.repeat(11));
    });
    const small = new OurWebSocket(url, { maxMessageSize: 10 });
    const closed = event(small, 'close');
    expect(await event(small, 'error'))
      .to.have.property('message')
      .that.contains('maxMessageSize (10 bytes)');
    expect((await closed).code).to.equal(1006);
  });

  it('takes much to send at once, and closes behind it', async () => {
    let received = 0;
    server.once('connection', (peer) => peer.on('message', (data: Buffer) => (received += data.length)));
    const socket = new OurWebSocket(url);
    await event(socket, 'open');
    for (let i = 0; i < 32; i++) socket.send(new Uint8Array(1024 * 1024));
    socket.close(1000);
    expect(await event(socket, 'close')).to.include({ code: 1000, wasClean: true });
    expect(received).to.equal(32 * 1024 * 1024);
    expect(socket.bufferedAmount).to.equal(0);
  });

  it('takes bytes as they are at the call', async () => {
    const messages: string[] = [];
    server.once('connection', (peer) => peer.on('message', (data) => messages.push(String(data).slice(0, 3))));
    const socket = new OurWebSocket(url);
    await event(socket, 'open');
    const bytes = new Uint8Array(100_000).fill(0x61);
    socket.send(bytes);
    bytes.fill(0x62);
    socket.send(new Blob(['blob']) as never);
    socket.send(bytes);
    bytes.fill(0x63);
    socket.close();
    await event(socket, 'close');
    expect(messages).to.deep.equal(['aaa', 'blo', 'bbb']);
  });

  it('is cut when a Blob cannot be read', async () => {
    class Gone extends Blob {
      override arrayBuffer(): Promise<ArrayBuffer> {
        return Promise.reject(new Error('the file is gone'));
      }
    }
    const socket = new OurWebSocket(url);
    await event(socket, 'open');
    socket.send(new Gone(['x']) as never);
    socket.send('behind');
    expect(await event(socket, 'close')).to.include({ code: 1006, wasClean: false });
    expect(socket.bufferedAmount).to.equal(7);
  });

  it('does not end the process when nobody listens and everything fails', async () => {
    const socket = new OurWebSocket('ws://127.0.0.1:1');
    await event(socket, 'close');
    await iteration();
    expect(socket.readyState).to.equal(OurWebSocket.CLOSED);
  });

  it('has a CloseEvent that can be made by hand', () => {
    expect(new CloseEvent('close')).to.include({ type: 'close', wasClean: false, code: 0, reason: '' });
    const made = new CloseEvent('close', { wasClean: true, code: 1000, reason: 'bye', cancelable: true });
    expect(made).to.include({ wasClean: true, code: 1000, reason: 'bye', cancelable: true });
  });
});
