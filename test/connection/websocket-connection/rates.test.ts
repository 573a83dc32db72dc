import { expect } from 'chai';
import { Counters } from '../../../src/diagnostics/counters';
import { ConnectionClosedError, PolicyError } from '../../../src/protocol/errors';
import { incompleteBytes } from '../../../src/protocol/incomplete-bytes';
import { Opcode } from '../../../src/protocol/opcode';
import { type FakeClock, useFakeClock } from '../../../src/testing/fake-clock';
import { connectionWithRawPeer, type Given } from '../../support/connection-with-raw-peer';
import { agreedExtensions, deflateSettings } from '../../support/deflate-pair';
import { frameBytes, type RawPeer } from '../../support/raw-peer';

/** How the peer's bytes come. */
const splits: Record<string, (bytes: Buffer) => Buffer[]> = {
  whole: (bytes) => [bytes],
  'byte by byte': (bytes) => Array.from(bytes, (byte) => Buffer.from([byte])),
  'in pieces of 1 to 40 bytes': (bytes) => {
    const pieces: Buffer[] = [];
    for (let at = 0, seed = 7; at < bytes.length; at += 1 + (seed % 40)) {
      const from = at;
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      pieces.push(bytes.subarray(from, from + 1 + (seed % 40)));
    }
    return pieces;
  },
};

const roles = ['server', 'client'] as const;

interface Heard {
  messages: string[];
  error: Promise<PolicyError>;
  counters: Counters;
}

/** A connection that listens, and its peer. */
function listening(given: Given) {
  const counters = new Counters();
  const { connection, peer } = connectionWithRawPeer({ ...given, init: { ...given.init, counters } });
  const heard: Heard = {
    messages: [],
    error: new Promise((resolve) => connection.once('error', resolve as never)),
    counters,
  };
  connection.on('message', (data) => heard.messages.push(String(data)));
  return { connection, peer, heard };
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

/** Frames of the peer, masked if it is a client. */
function framesFor(role: 'server' | 'client', messages: string[]): Buffer {
  const masked = role === 'server';
  return Buffer.concat(messages.map((text) => frameBytes(Opcode.Text, text, { masked })));
}

/** Something must have happened that takes a few turns of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('WebSocketConnection: rates', () => {
  let clock: FakeClock;
  let before: number;
  beforeEach(() => {
    // Time passes when a test says so: nothing here depends on how fast the machine is.
    clock = useFakeClock();
    before = incompleteBytes();
  });
  afterEach(() => {
    clock.restore();
    expect(incompleteBytes()).to.equal(before);
  });

  async function failed(peer: RawPeer, { error }: Heard, code: string): Promise<string> {
    const { code: closeCode, reason } = await peer.closeFrame();
    const thrown = await error;
    expect(thrown).to.be.instanceOf(PolicyError).with.property('code', code);
    expect(closeCode).to.equal(1008);
    expect(thrown.message.startsWith(reason.replace(/…$/, ''))).to.equal(true);
    return thrown.message;
  }

  for (const role of roles) {
    for (const [how, split] of Object.entries(splits)) {
      describe(`of a ${role}, what comes ${how}`, () => {
        it('is closed at the first message that is too many', async () => {
          const { connection, peer, heard } = listening({
            role,
            options: { maxMessagesPerSecond: { rate: 2, burst: 5 } },
          });
          for (const piece of split(framesFor(role, texts(9)))) peer.write(piece);
          const words = await failed(peer, heard, 'MESSAGE_RATE');
          expect(words).to.equal(
            'The peer sent messages faster than maxMessagesPerSecond allows (2 per second, 5 at once)',
          );
          expect(heard.messages).to.deep.equal(texts(5));
          expect((await connection.closed).cause).to.have.property('code', 'MESSAGE_RATE');
        });

        it('is closed at the first byte that is too much, however it is cut', async () => {
          const bytes = framesFor(role, texts(9));
          const { connection, peer, heard } = listening({
            role,
            options: { maxBytesPerSecond: { rate: 10, burst: framesFor(role, texts(4)).length + 3 } },
          });
          for (const piece of split(bytes)) peer.write(piece);
          expect(await failed(peer, heard, 'BYTE_RATE')).to.include('maxBytesPerSecond');
          expect(heard.messages).to.deep.equal(texts(4));
          expect(await connection.closed).to.include({ code: 1008, initiator: 'local' });
        });

        it('waits with delay, and nothing is lost', async () => {
          const { connection, peer, heard } = listening({
            role,
            options: { maxMessagesPerSecond: { rate: 10, burst: 5 }, onRateLimit: 'delay' },
          });
          for (const piece of split(framesFor(role, texts(40)))) peer.write(piece);
          // The one that is too many is taken in advance.
          await until(() => heard.messages.length >= 6);
          await clock.pass(0);
          expect(heard.messages).to.have.length(6);
          expect(heard.counters.limits.snapshot()).to.deep.equal({ MESSAGE_RATE: 1 });
          let seconds = 0;
          for (; heard.messages.length < 40; seconds++) await clock.pass(1000);
          expect(seconds).to.be.at.least(4);
          expect(heard.messages).to.deep.equal(texts(40));
          expect(connection.readyState).to.equal(connection.OPEN);
          connection.terminate();
        });
      });
    }

    it(`of a ${role} limit bytes of a large message while it comes`, async () => {
      const { connection, peer, heard } = listening({
        role,
        options: { maxBytesPerSecond: { rate: 1000, burst: 100_000 } },
      });
      peer.write(frameBytes(Opcode.Binary, Buffer.alloc(1_000_000), { masked: role === 'server' }));
      await failed(peer, heard, 'BYTE_RATE');
      expect(heard.messages).to.deep.equal([]);
      await connection.closed;
    });

    it(`of a ${role} delay bytes of a large message while it comes, and it comes whole`, async () => {
      const { connection, peer, heard } = listening({
        role,
        options: { maxBytesPerSecond: { rate: 100_000, burst: 10_000 }, onRateLimit: 'delay' },
      });
      peer.write(frameBytes(Opcode.Text, 'x'.repeat(500_000), { masked: role === 'server' }));
      await until(() => heard.counters.limits.snapshot().BYTE_RATE !== undefined);
      // Five seconds' worth; in some of them nothing may have come, on a machine that is busy.
      for (let seconds = 0; heard.messages.length === 0; seconds++) {
        expect(seconds).to.be.below(50);
        await clock.pass(1000);
        await clock.pass(0);
      }
      expect(heard.messages[0]).to.have.length(500_000);
      connection.terminate();
    });
  }

  it('count bytes of a message that is read in pieces, while it comes', async () => {
    const { connection, peer } = connectionWithRawPeer({
      options: { maxBytesPerSecond: { rate: 1000, burst: 50_000 } },
    });
    const pieces = connection.pieces();
    connection.on('error', () => {});
    peer.write(frameBytes(Opcode.Binary, Buffer.alloc(1_000_000), { masked: true }));
    let come = 0;
    let error: unknown;
    try {
      for await (const piece of pieces) come += piece.length;
    } catch (thrown) {
      error = thrown;
    }
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect((error as Error).cause).to.have.property('code', 'BYTE_RATE');
    // All but the header.
    expect(come).to.equal(50_000 - 14);
  });

  it('count what a compressed message is inflated to, too', async () => {
    const extensions = agreedExtensions(deflateSettings());
    const { peer, heard } = listening({
      options: { maxBytesPerSecond: { rate: 1000, burst: 500_000 } },
      init: { extension: extensions.server },
    });
    const bomb = extensions.client.encode(Buffer.alloc(400_000), true, true)!;
    expect(bomb.length).to.be.below(2000);
    peer.send(Opcode.Text, bomb, { rsv: 0x40 });
    await until(() => heard.messages.length === 1);
    peer.send(Opcode.Text, extensions.client.encode(Buffer.alloc(400_000), true, true)!, { rsv: 0x40 });
    await failed(peer, heard, 'BYTE_RATE');
    expect(heard.messages).to.have.length(1);
  });

  it('count the time in full in which we did not read', async () => {
    const { connection, peer, heard } = listening({ options: { maxMessagesPerSecond: { rate: 10, burst: 5 } } });
    connection.pause();
    peer.write(framesFor('server', texts(25)));
    await clock.pass(2000);
    connection.resume();
    await until(() => heard.messages.length === 25);
    peer.text('one too many');
    await failed(peer, heard, 'MESSAGE_RATE');
  });

  it('do not hold up our own close(), nor the answer to it', async () => {
    const { connection, peer, heard } = listening({
      options: { maxMessagesPerSecond: 1, onRateLimit: 'delay' },
    });
    peer.text('a', 'b', 'c');
    await until(() => heard.messages.length === 2);
    connection.close(1000, 'enough');
    expect(await peer.closeFrame()).to.deep.equal({ code: 1000, reason: 'enough' });
    peer.close(1000);
    expect(await connection.closed).to.include({ code: 1000, initiator: 'local', cause: null });
    expect(heard.messages).to.deep.equal(['a', 'b', 'c']);
  });

  it('have the close frame of a peer wait for its turn', async () => {
    const { connection, peer, heard } = listening({
      options: { maxMessagesPerSecond: 1, onRateLimit: 'delay' },
    });
    peer.text('a', 'b', 'c').close(1001);
    await until(() => heard.messages.length === 2);
    expect(connection.readyState).to.equal(connection.OPEN);
    await clock.pass(10_000);
    expect(await connection.closed).to.include({ code: 1001, initiator: 'remote', cause: null });
    expect(heard.messages).to.deep.equal(['a', 'b', 'c']);
  });

  it('leave nothing behind when a connection is lost while it is delayed', async () => {
    const { connection, peer, heard } = listening({
      options: { maxMessagesPerSecond: 1, onRateLimit: 'delay', firstMessageTimeout: 60_000 },
    });
    connection.on('error', () => {});
    peer.text('a', 'b', 'c');
    await until(() => heard.messages.length === 2);
    connection.terminate();
    expect(await connection.closed).to.include({ code: 1006 });
  });

  it('do not keep a timer busy whose time does not end', async () => {
    // Node's own timers are what warns.
    clock.restore();
    const warnings: string[] = [];
    const onWarning = ({ name }: Error) => warnings.push(name);
    process.on('warning', onWarning);
    const { connection, peer, heard } = listening({
      options: { maxMessagesPerSecond: { rate: 1e-9, burst: 1 }, onRateLimit: 'delay' },
    });
    peer.text('a', 'b');
    await until(() => heard.messages.length === 2);
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(warnings).to.deep.equal([]);
    connection.terminate();
    await connection.closed;
  });

  it('are a heartbeat that waits for who waits for us', async () => {
    clock.restore();
    const { connection, peer, heard } = listening({
      options: {
        maxMessagesPerSecond: { rate: 4, burst: 1 },
        onRateLimit: 'delay',
        pingInterval: 20,
        pongTimeout: 20,
      },
    });
    connection.on('error', () => {});
    peer.text('a', 'b', 'c');
    await peer.until(() => heard.messages.length === 3 || connection.readyState !== connection.OPEN);
    expect(heard.messages).to.deep.equal(['a', 'b', 'c']);
    expect(peer.frames.length).to.be.at.least(2);
    connection.terminate();
  });

  describe('of control frames', () => {
    for (const role of roles) {
      for (const [name, opcode] of [
        ['pings', Opcode.Ping],
        ['pongs', Opcode.Pong],
      ] as const) {
        it(`have a default: a thousand ${name} at once may come to a ${role}`, async () => {
          const { connection, peer, heard } = listening({ role });
          let count = 0;
          connection.on(opcode === Opcode.Ping ? 'ping' : 'pong', () => count++);
          const frame = frameBytes(opcode, 'x', { masked: role === 'server' });
          peer.write(Buffer.concat(Array.from({ length: 1500 }, () => frame)));
          expect(await failed(peer, heard, 'CONTROL_RATE')).to.equal(
            'The peer sent pings and pongs faster than maxControlFramesPerSecond allows (100 per second, 1000 at once)',
          );
          expect(count).to.equal(1000);
        });
      }
    }

    it('do not count pongs that answer our own pings', async () => {
      const { connection, peer } = listening({ options: { maxControlFramesPerSecond: { rate: 1, burst: 1 } } });
      for (let round = 0; round < 10; round++) {
        const pings = Array.from({ length: 100 }, () => connection.ping());
        await peer.frame(100 * round + 99);
        for (const { payload } of peer.frames.slice(100 * round)) peer.send(Opcode.Pong, payload);
        await Promise.all(pings);
      }
      expect(connection.readyState).to.equal(connection.OPEN);
      connection.terminate();
    });

    it('can be turned off', async () => {
      const { connection, peer } = listening({ options: { maxControlFramesPerSecond: false } });
      let count = 0;
      connection.on('ping', () => count++);
      const ping = frameBytes(Opcode.Ping, '', { masked: true });
      peer.write(Buffer.concat(Array.from({ length: 20_000 }, () => ping)));
      await until(() => count === 20_000);
      connection.terminate();
    });

    it('are delayed where rates delay', async () => {
      const { connection, peer, heard } = listening({
        options: { maxControlFramesPerSecond: { rate: 10, burst: 3 }, onRateLimit: 'delay' },
      });
      let count = 0;
      connection.on('ping', () => count++);
      for (let index = 0; index < 9; index++) peer.send(Opcode.Ping, String(index));
      await until(() => count === 4);
      await clock.pass(0);
      expect(count).to.equal(4);
      expect(heard.counters.limits.snapshot()).to.deep.equal({ CONTROL_RATE: 1 });
      while (count < 9) await clock.pass(1000);
      connection.terminate();
    });
  });

  it('bound the pings that wait for an answer', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const pings = Array.from({ length: 1000 }, () => connection.ping());
    const thrown = await connection.ping().catch((error: unknown) => error);
    expect(thrown).to.have.property('code', 'TOO_MANY_PINGS');
    const called = await new Promise<unknown>((resolve) => {
      connection.ping('x', undefined, resolve as never).catch(() => {});
    });
    expect(called).to.have.property('code', 'TOO_MANY_PINGS');
    await peer.frame(999);
    peer.send(Opcode.Pong, peer.frames[999]!.payload);
    await Promise.all(pings);
    const next = connection.ping();
    peer.send(Opcode.Pong, (await peer.frame(1000)).payload);
    await next;
    connection.terminate();
  });
});
