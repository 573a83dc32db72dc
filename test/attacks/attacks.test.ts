import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { Opcode } from '../../src/protocol/opcode';
import { AttackedServer, type Cost } from '../support/attacks/attacked-server';
import { handshake, type RawClient } from '../support/raw-client';
import { closePayload, frameBytes, framesOf } from '../support/raw-peer';

const kibi = 1024;
const mebi = 1024 * kibi;

/*
 * The attacks that DESIGN.md, section 6, names, against a server of its own process, by clients that speak no more of the
 * protocol than they need. Each has a bound for the memory and for the processor time of the server, for one connection that
 * attacks; both are several times what was measured, so that a busy machine does not matter:
 *
 * - an attack that ends with the connection has a bound for all of its processor time, `cpu` in seconds
 * - one that goes on, for what it takes of each second, `share`: 0.01, one percent of a core
 *
 * Where a flood is made of what honest peers send as well, it is the rates that bound it; the test says which.
 * What is told by bytes alone is tested where it is done: header names of Object.prototype and linear tokenisers in
 * test/protocol/headers.test.ts, CR and LF in outgoing headers in test/protocol/http-head.test.ts and
 * test/server/subprotocol.test.ts, window bits in test/protocol/deflate-negotiation.test.ts, views of memory in
 * test/connection/payload.test.ts, streams of HTTP/2 that are reset in test/contract/http2-sessions.test.ts.
 */
describe('attacks', function () {
  // Processor time is what is measured. How long it takes on a machine that does other things is not.
  this.timeout(60_000);
  // What else a machine does only adds to it, as does what is compiled just then: the least of several times is what it costs.
  this.retries(3);

  let server: AttackedServer;
  before(async () => {
    server = await AttackedServer.start();
    // So that what is measured is not the first time that something is compiled.
    for (let round = 0; round < 3; round++) {
      const warmUp = await server.open('/');
      warmUp
        .send(text('warm'))
        .send(frame(Opcode.Ping))
        .send(frame(Opcode.Close, closePayload(1000)));
      await warmUp.rest();
    }
  });
  after(() => server.stop());

  const frame = (opcode: Opcode, payload: string | Buffer = '', more = {}) =>
    frameBytes(opcode, payload, { masked: true, ...more });
  const text = (payload: string) => frame(Opcode.Text, payload);
  const times = (count: number, bytes: Buffer) => Buffer.concat(Array.from({ length: count }, () => bytes));

  /** Whoever attacks goes on until the server has said goodbye. */
  async function untilClosed(client: RawClient): Promise<number> {
    await client.rest();
    const bytes = client.received.subarray(client.received.indexOf('\r\n\r\n') + 4);
    const close = framesOf(bytes).find(({ opcode }) => opcode === Opcode.Close);
    return close?.payload.readUInt16BE() ?? 0;
  }

  /** Sends the same again and again, as fast as the server reads, for at least so many milliseconds. */
  async function flood(client: RawClient, bytes: Buffer, milliseconds: number): Promise<void> {
    const { socket } = client;
    const end = performance.now() + milliseconds;
    while (performance.now() < end && !socket.destroyed) {
      const isTaken = socket.write(bytes);
      const wait = isTaken ? 0 : Math.min(50, Math.max(1, end - performance.now()));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, wait);
        function done() {
          clearTimeout(timer);
          socket.off('drain', done);
          resolve();
        }
        if (!isTaken) socket.once('drain', done);
      });
    }
  }

  function within(cost: Cost, bound: { cpu?: number; share?: number; held: number }): void {
    const told = JSON.stringify({ ...cost, ends: [...new Set(cost.ends)] });
    if (process.env.SHOW_COSTS) console.log(`        ${told}`);
    if (bound.cpu !== undefined) expect(cost.cpu, told).to.be.below(bound.cpu);
    if (bound.share !== undefined) expect(cost.share, told).to.be.below(bound.share);
    expect(cost.held, told).to.be.below(bound.held);
  }

  describe('in frames', () => {
    for (const [name, payload] of [
      ['a million fragments of 1 byte', 'x'],
      ['a million empty fragments', ''],
    ] as const) {
      it(`${name}: maxFragments ends them, and none costs an object`, async () => {
        const fragments = times(10_000, frame(Opcode.Continuation, payload, { fin: false }));
        const codes: number[] = [];
        const cost = await server.cost(4, async () => {
          const client = await server.open('/');
          client.send(frame(Opcode.Text, 'x', { fin: false }));
          for (let sent = 0; sent < 100; sent++) client.send(fragments);
          codes.push(await untilClosed(client));
        });
        expect(codes).to.deep.equal([1009, 1009, 1009, 1009]);
        expect(cost.ends).to.deep.equal(new Array(4).fill('TOO_MANY_FRAGMENTS'));
        within(cost, { cpu: 0.4, held: 512 * kibi });
      });
    }

    it('lengths of 64 bits: they are refused from the header, and reserve nothing', async () => {
      for (const [length, code] of [
        ['0000000000200000', 1009],
        ['0000010000000000', 1009],
        ['0020000000000000', 1009],
        ['7fffffffffffffff', 1009],
        ['8000000000000000', 1002],
        ['ffffffffffffffff', 1002],
      ] as const) {
        const codes: number[] = [];
        const cost = await server.cost(10, async () => {
          const client = await server.open('/');
          client.send(Buffer.concat([Buffer.from(`82ff${length}00000000`, 'hex'), Buffer.alloc(1000)]));
          codes.push(await untilClosed(client));
        });
        expect(new Set(codes), length).to.deep.equal(new Set([code]));
        within(cost, { cpu: 0.05, held: 64 * kibi });
      }
    });

    it('a length that is announced and never comes: it holds what has come', async () => {
      const cost = await server.cost(50, async () => {
        const client = await server.open('/');
        client.send(Buffer.concat([Buffer.from(`82ff00000000000fffff00000000`, 'hex'), Buffer.alloc(1000)]));
        client.send(frame(Opcode.Ping));
      });
      within(cost, { cpu: 0.05, held: 64 * kibi });
    });

    it('many messages that never end: together they have maxIncompleteBytes, and small messages still pass', async () => {
      const codes: number[] = [];
      const cost = await server.cost(20, async () => {
        const client = await server.open('/share');
        client.send(frame(Opcode.Binary, Buffer.alloc(900 * kibi), { fin: false }));
        client.send(frame(Opcode.Ping, 'end'));
        await client.until((received) => framesOf(received.subarray(received.indexOf('\r\n\r\n') + 4)).length > 0);
        if (framesOf(client.received.subarray(client.received.indexOf('\r\n\r\n') + 4))[0]!.opcode === Opcode.Close) {
          codes.push(await untilClosed(client));
        }
      });
      expect(codes.length).to.be.at.least(10);
      expect(new Set(codes)).to.deep.equal(new Set([1013]));
      within(cost, { cpu: 0.1, held: (16 * mebi) / 20 + 64 * kibi });
    });
  });

  describe('by control frames', () => {
    for (const [name, opcode] of [
      ['pings', Opcode.Ping],
      ['pongs', Opcode.Pong],
    ] as const) {
      it(`${name} without end: maxControlFramesPerSecond closes, and what still comes is not read for long`, async () => {
        const many = times(10_000, frame(opcode, 'x'.repeat(125)));
        const cost = await server.cost(4, async () => {
          const client = await server.open('/');
          await flood(client, many, 500);
        });
        expect(cost.ends).to.deep.equal(new Array(4).fill('CONTROL_RATE'));
        within(cost, { cpu: 0.15, held: mebi });
      });
    }

    it('pings whose answers nobody reads: maxPendingPongs holds 16 of them', async () => {
      const pings = times(1000, frame(Opcode.Ping, 'x'.repeat(125)));
      const cost = await server.cost(10, async () => {
        const client = await server.open('/');
        client.socket.pause();
        client.send(pings);
      });
      within(cost, { cpu: 0.1, held: 256 * kibi });
    });

    it('close frames without end: the first counts, and the others are not decoded', async () => {
      const closes = times(20_000, frame(Opcode.Close, closePayload(1000, 'bye')));
      const codes: number[] = [];
      const cost = await server.cost(4, async () => {
        const client = await server.open('/');
        await flood(client, closes, 500);
        codes.push(await untilClosed(client));
      });
      expect(new Set(codes)).to.deep.equal(new Set([1000]));
      within(cost, { cpu: 0.1, held: 256 * kibi });
    });

    it('connections that are opened and closed at once', async () => {
      const cost = await server.cost(20, async () => {
        for (let round = 0; round < 10; round++) {
          const client = await server.open('/');
          client.send(frame(Opcode.Close, closePayload(1000)));
          await client.rest();
        }
      });
      // Of ten connections each, their handshakes through Express included.
      within(cost, { cpu: 0.3, held: 256 * kibi });
    });
  });

  describe('by rates', () => {
    const small = times(20_000, text('hello'));

    it('messages without end, to who closes: maxMessagesPerSecond', async () => {
      const cost = await server.cost(4, async () => {
        const client = await server.open('/limited');
        await flood(client, small, 500);
      });
      expect(cost.messages).to.equal(4 * 100);
      expect(cost.ends).to.deep.equal(new Array(4).fill('MESSAGE_RATE'));
      within(cost, { cpu: 0.15, held: mebi });
    });

    it('messages without end, to who delays: one percent of a core', async () => {
      const cost = await server.cost(
        4,
        async () => {
          const client = await server.open('/delayed');
          await flood(client, small, 3000);
        },
        1000,
      );
      expect(cost.messages).to.be.within(4 * 100, 4 * 100 + 4 * 20 * 60);
      within(cost, { share: 0.01, held: mebi });
    });

    it('bytes without end, to who delays: one percent of a core', async () => {
      const large = frame(Opcode.Binary, randomBytes(900 * kibi));
      const cost = await server.cost(
        4,
        async () => {
          const client = await server.open('/delayed');
          await flood(client, large, 3000);
        },
        1000,
      );
      within(cost, { share: 0.01, held: 3 * mebi });
    });

    it('fragments without end, to who delays: their bytes are limited', async () => {
      const fragments = times(50_000, frame(Opcode.Continuation, '', { fin: false }));
      const cost = await server.cost(
        4,
        async () => {
          const client = await server.open('/delayed');
          client.send(frame(Opcode.Text, 'x', { fin: false }));
          await flood(client, fragments, 3000);
        },
        1000,
      );
      within(cost, { share: 0.01, held: 3 * mebi });
    });

    it('connections that never say anything: firstMessageTimeout', async () => {
      const cost = await server.cost(20, async () => {
        const client = await server.open('/newcomers');
        expect(await untilClosed(client)).to.equal(1008);
      });
      expect(cost.ends).to.deep.equal(new Array(20).fill('FIRST_MESSAGE_TIMEOUT'));
      within(cost, { cpu: 0.05, held: 64 * kibi });
    });

    it('a peer that reads nothing: maxBufferedAmount', async () => {
      const already = (await server.usage()).ends.length;
      const cost = await server.cost(4, async () => {
        const client = await server.open('/send');
        client.socket.pause();
        while ((await server.usage()).ends.length < already + 4)
          await new Promise((resolve) => setTimeout(resolve, 20));
      });
      expect(cost.ends).to.deep.equal(new Array(4).fill('SLOW_CONSUMER'));
      within(cost, { cpu: 1, held: 2 * mebi });
    });
  });

  describe('by compression', () => {
    const deflate = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
    const bombOf = (size: number) => frame(Opcode.Binary, deflateRawSync(Buffer.alloc(size)), { rsv: 0x40 });

    it('a hundred megabytes in a hundred kilobytes: inflating ends at maxMessageSize', async () => {
      const bomb = bombOf(128 * mebi);
      const codes: number[] = [];
      const cost = await server.cost(4, async () => {
        const client = await server.open('/deflate', deflate);
        client.send(bomb);
        codes.push(await untilClosed(client));
      });
      expect(codes).to.deep.equal([1009, 1009, 1009, 1009]);
      within(cost, { cpu: 0.15, held: mebi });
    });

    it('megabytes in a kilobyte, again and again: they count as bytes, inflated', async () => {
      const bombs = times(200, bombOf(mebi));
      const cost = await server.cost(
        4,
        async () => {
          const client = await server.open('/deflate-delayed', deflate);
          await flood(client, bombs, 3000);
        },
        1000,
      );
      within(cost, { share: 0.01, held: 3 * mebi });
    });

    it('window bits that zlib would throw at', async () => {
      const cost = await server.cost(1, async () => {
        for (const bits of ['7', '16', '-1', '99999999999', '8.5', '0x9', '', '"15']) {
          for (const side of ['server', 'client']) {
            const client = await server.dial();
            const offer = `permessage-deflate; ${side}_max_window_bits=${bits}`;
            client.send(handshake('/deflate', { 'Sec-WebSocket-Extensions': offer }));
            const { status, headers } = await client.response();
            // Declined, or no header at all.
            expect([101, 400], offer).to.include(status);
            expect(headers['sec-websocket-extensions'], offer).to.equal(undefined);
          }
        }
      });
      within(cost, { cpu: 0.5, held: mebi });
    });
  });

  describe('in the opening handshake', () => {
    const long = 14 * kibi;
    const shapes: Record<string, Record<string, string>> = {
      'a thousand extensions': { 'Sec-WebSocket-Extensions': 'a;b;c=d,'.repeat(long / 8) },
      'a quote that never ends': { 'Sec-WebSocket-Extensions': `x; y="${'\\"'.repeat(long / 2)}` },
      'spaces without end': { 'Sec-WebSocket-Extensions': `permessage-deflate${' '.repeat(long)}!` },
      'subprotocols without end': { 'Sec-WebSocket-Protocol': 'a, '.repeat(long / 3) },
      'a host of many labels': { Origin: `https://${'a.'.repeat(long / 2)}example.net` },
      'a port without end': { Origin: `http://localhost:${'1'.repeat(long)}x` },
      'upgrades without end': { Upgrade: `${'a, '.repeat(long / 3)}websocket` },
    };

    for (const [name, headers] of Object.entries(shapes)) {
      it(`${name}, shaped to make a regular expression stumble`, async () => {
        const cost = await server.cost(20, async () => {
          const client = await server.dial();
          client.send(handshake('/deflate', headers));
          const { status } = await client.response();
          expect([101, 400, 403]).to.include(status);
        });
        within(cost, { cpu: 0.05, held: 256 * kibi });
      });
    }

    it('header names, tokens and parameters that Object.prototype has', async () => {
      const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
      const cost = await server.cost(1, async () => {
        for (const name of names) {
          const client = await server.open('/deflate', {
            [name]: 'x',
            'Sec-WebSocket-Protocol': names.join(', '),
            'Sec-WebSocket-Extensions': `${name}, ${name}; ${name}=1`,
          });
          const { headers } = await client.response();
          expect(headers['sec-websocket-protocol']).to.equal(undefined);
          expect(headers['sec-websocket-extensions']).to.equal(undefined);
        }
      });
      within(cost, { cpu: 0.5, held: mebi });
    });

    it('CR and LF that middleware puts into a header: no header of theirs is sent', async () => {
      await server.cost(1, async () => {
        const client = await server.dial();
        client.send(handshake('/header?said=a%0d%0aSet-Cookie:%20stolen=1'));
        const { status, headers } = await client.response();
        expect(status).to.equal(500);
        expect(headers).not.to.have.property('set-cookie');
      });
    });

    it('half a handshake, byte by byte: node:http ends it at headersTimeout', async () => {
      const head = handshake('/').slice(0, -2);
      const cost = await server.cost(50, async () => {
        const client = await server.dial();
        const { socket } = client;
        for (let at = 0; !socket.readableEnded && !socket.destroyed; at++) {
          client.send(at < head.length ? head[at]! : `X-${at}: 1\r\n`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        // Or a reset, for who was just sending.
        expect(String(client.received)).to.match(/^(HTTP\/1.1 408 |$)/);
      });
      within(cost, { share: 0.01, held: 64 * kibi });
    });

    it('handshakes that middleware never answers: 503 at handshakeTimeout', async () => {
      const cost = await server.cost(20, async () => {
        const client = await server.dial();
        client.send(handshake('/never'));
        // As much as may wait for an answer.
        client.send(Buffer.alloc(64 * kibi));
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      within(cost, { cpu: 0.1, held: 192 * kibi });
      const client = await server.dial();
      client.send(handshake('/never'));
      expect((await client.response()).status).to.equal(503);
      client.socket.destroy();
    });

    it('bytes that do not wait for the answer: 503 EARLY_BYTES past 64 KiB, and none of them is kept', async () => {
      const frames = times(200, frame(Opcode.Binary, Buffer.alloc(16 * kibi)));
      const cost = await server.cost(20, async () => {
        const client = await server.dial();
        client.send(handshake('/never'));
        client.send(frames);
        await client.until((received) => received.includes('more than 65536 bytes before'));
      });
      within(cost, { cpu: 0.1, held: 64 * kibi });
    });
  });

  it('memory that a view is a part of is not disclosed: it is measured in bytes', async () => {
    const client = await server.open('/typed');
    const framesSoFar = (received: Buffer) => framesOf(received.subarray(received.indexOf('\r\n\r\n') + 4));
    await client.until((received) => framesSoFar(received).length === 2);
    const [view, buffer] = framesSoFar(client.received);
    expect(view!.payload.toString('hex')).to.equal('010000000200000003000000');
    expect(buffer!.payload).to.have.length(16);
    client.socket.destroy();
  });

  describe('in the chat', () => {
    const since = { epoch: '', offset: 0 };

    it('joins with an old position: maxRequestsPerSecond counts by what they are answered', async () => {
      const join = text(JSON.stringify({ type: 'join', room: 'full', since }));
      let received = 0;
      const cost = await server.cost(4, async () => {
        const client = await server.open('/chat');
        client.socket.removeAllListeners('data');
        client.socket.on('data', ({ length }: Buffer) => {
          received += length;
        });
        for (let index = 0; index < 350; index++) client.send(join);
        const end = performance.now() + 2000;
        while (performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
      });
      // 200 tokens are 22 answers of half a megabyte, and 350 requests are not that many.
      expect(received / 4).to.be.within(5 * mebi, 20 * mebi);
      within(cost, { cpu: 0.5, held: 4 * mebi });
    });
  });
});
