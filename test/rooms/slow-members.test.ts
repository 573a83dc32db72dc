import { once } from 'node:events';
import { setImmediate as nextIteration } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { type ConnectionOptions, resolveConnectionOptions } from '../../src/connection/options';
import { WebSocketConnection } from '../../src/connection/websocket-connection';
import { Hub } from '../../src/rooms/hub';
import type { SlowConsumerPolicy } from '../../src/rooms/slow-consumer';
import { createConnectionPair } from '../support/connection-pair';
import { connectionOverRecording } from '../support/connection-with-raw-peer';
import { createDeflatePair, deflateSettings } from '../support/deflate-pair';
import { connectionOver, SocketPairs } from '../support/socket-pairs';

const dropping: SlowConsumerPolicy[] = ['drop-newest', 'drop-oldest', 'coalesce'];
const marks = { highWaterMark: 4000, lowWaterMark: 1000, maxBufferedAmount: 20_000 };

describe('slow members', () => {
  const opened: WebSocketConnection[] = [];
  const sockets = new SocketPairs();
  afterEach(() => {
    for (const connection of opened.splice(0)) connection.terminate();
    sockets.close();
  });

  type Pair = { client: WebSocketConnection; server: WebSocketConnection };

  /** A member whose client reads nothing until it is resumed. */
  function stalled(hub: Hub, pair: Pair, ...rooms: string[]): Pair & { received: string[] } {
    const { client, server } = pair;
    opened.push(client, server);
    server.openGate();
    const received: string[] = [];
    client.on('message', (data) => received.push(data as string));
    client.pause();
    for (const room of rooms) hub.join(server, room);
    return { client, server, received };
  }

  const memoryPair = (options: Partial<ConnectionOptions> = marks) => createConnectionPair(options);

  async function socketPair(): Promise<Pair> {
    const { near, far } = await sockets.pair();
    const options = resolveConnectionOptions('test()', { pingInterval: false });
    return { server: connectionOver(near), client: new WebSocketConnection(far, { role: 'client', options }) };
  }

  /** Until the last one came. */
  async function untilReceived(member: { client: WebSocketConnection; received: string[] }, last: string) {
    while (member.received.at(-1) !== last) await once(member.client, 'message');
  }

  for (const slowConsumer of dropping) {
    it(`'${slowConsumer}' keeps a member, what waits for it within its bounds, and tells it what it missed where`, async () => {
      const hub = new Hub({ slowConsumer });
      const told: unknown[] = [];
      hub.on('gap', (socket, room, dropped) => {
        told.push(dropped);
        socket.send(`gap of ${dropped} in ${room}`);
      });
      const member = stalled(hub, memoryPair(), 'a');
      const sent: string[] = [];
      for (let i = 0; i < 500; i++) {
        sent.push(`${i} `.padEnd(300, '.'));
        hub.to('a').publish(sent[i]);
        expect(member.server.bufferedAmount).to.be.below(marks.highWaterMark + 310);
        if (i % 10 === 9) await nextIteration();
      }
      expect(member.server.readyState).to.equal(1);
      const dropped = hub.dropped('a');
      expect(dropped).to.be.above(300);
      member.client.resume();
      const lastWord = slowConsumer === 'drop-newest' ? `gap of ${dropped} in a` : sent.at(-1)!;
      await untilReceived(member, lastWord);
      expect(told).to.deep.equal([dropped]);
      const gapAt = member.received.indexOf(`gap of ${dropped} in a`);
      const lost = slowConsumer === 'drop-newest' ? sent.slice(-dropped) : sent.slice(gapAt, gapAt + dropped);
      const messages = member.received.filter((_, at) => at !== gapAt);
      expect(messages).to.deep.equal(sent.filter((text) => !lost.includes(text)));
      hub.to('a').publish('and on');
      await untilReceived(member, 'and on');
    });
  }

  it('get what is sent to them directly, and pings, at once', async () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    const { connection, transport } = connectionOverRecording({ options: marks });
    opened.push(connection);
    hub.join(connection, 'a');
    transport.block();
    for (let i = 0; i < 20; i++) hub.to('a').publish(`${i}`.padEnd(1000, '.'));
    await nextIteration();
    connection.send('direct');
    connection.ping('ping').catch(() => {});
    transport.unblock();
    while (!transport.bytes.includes('19...')) await nextIteration();
    const order = ['0...', 'direct', 'ping', '10..'].map((text) => transport.bytes.indexOf(text));
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
  });

  it('are let go also where they became slow without anybody noticing', async () => {
    const hub = new Hub({ slowConsumer: 'drop-newest' });
    const { connection, transport } = connectionOverRecording({ options: marks });
    opened.push(connection);
    hub.join(connection, 'a');
    transport.block();
    // Short texts are encoded together, later: until then they are taken for ASCII, a third of what these become.
    for (let i = 0; i < 31; i++) expect(connection.send('語'.repeat(125))).to.equal(true);
    await nextIteration();
    expect(connection.bufferedAmount).to.be.above(2 * marks.highWaterMark);
    hub.to('a').publish('waits');
    await nextIteration();
    transport.unblock();
    while (!transport.bytes.includes('waits')) await nextIteration();
  });

  it('are not those to whom much is said at once, as long as their transport takes it', async () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    const { connection, transport } = connectionOverRecording({ options: marks });
    opened.push(connection);
    hub.join(connection, 'a');
    for (let i = 0; i < 200; i++) hub.to('a').publish(`${i}`.padEnd(1000, '.'));
    await nextIteration();
    expect(hub.dropped()).to.equal(0);
    expect(transport.bytes).to.have.lengthOf(200 * 1004);
  });

  it('do not keep healthy ones waiting, over sockets of the system', async () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    const slow = stalled(hub, await socketPair(), 'a');
    const quick = stalled(hub, await socketPair(), 'a');
    quick.client.resume();
    const gaps: unknown[] = [];
    hub.on('gap', (socket, _room, dropped) => {
      gaps.push(dropped);
      socket.send(`gap of ${dropped}`);
    });
    // The system's own buffers take megabytes before a member is slow.
    const sent: string[] = [];
    while (hub.dropped() < 100) {
      const text = `${sent.length} `.padEnd(50_000, '.');
      sent.push(text);
      hub.to('a').publish(text);
      await untilReceived(quick, text);
    }
    expect(quick.received).to.deep.equal(sent);
    expect(hub.count('a')).to.equal(2);
    const dropped = hub.dropped();
    slow.client.resume();
    await untilReceived(slow, sent.at(-1)!);
    expect(gaps).to.deep.equal([dropped]);
    const gapAt = slow.received.indexOf(`gap of ${dropped}`);
    const expected = [...sent];
    expected.splice(gapAt, dropped, `gap of ${dropped}`);
    // Compared by their beginnings: what differs is then said in a few lines.
    expect(slow.received.map((text) => text.slice(0, 20))).to.deep.equal(expected.map((text) => text.slice(0, 20)));
  });

  it('leave nothing behind when they close', async () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    const gaps: unknown[] = [];
    hub.on('gap', (...gap) => gaps.push(gap));
    const member = stalled(hub, memoryPair(), 'a');
    for (let i = 0; i < 200; i++) hub.to('a').publish('x'.repeat(300));
    const dropped = hub.dropped();
    member.server.close(1000);
    hub.to('a').publish('too late');
    expect(hub.dropped()).to.equal(dropped);
    member.client.resume();
    await member.client.closed;
    await member.server.closed;
    expect(hub.rooms()).to.deep.equal([]);
    expect(gaps).to.deep.equal([]);
    expect(member.received.length).to.be.below(100);
  });

  it('wait behind a message in pieces, and are compressed in the order of the wire', async () => {
    const hub = new Hub({ slowConsumer: 'coalesce' });
    const member = stalled(hub, createDeflatePair(deflateSettings(), {}, marks), 'a');
    const noise = (seed: number) => Array.from({ length: 400 }, (_, i) => ((i * seed) % 8191).toString(36)).join('');
    const expected: string[] = [];
    let atGap: number | null = 0;
    hub.on('gap', (socket, _room, dropped) => {
      atGap = dropped;
      socket.send(`gap ${noise(7)}`);
    });
    const said: string[] = [];
    for (let i = 0; i < 60; i++) {
      said.push(`${i} ${noise(1000 + i)}`);
      hub.to('a').publish(said[i]);
      if (i % 9 === 8) {
        const direct = `direct ${i} ${noise(1000 + i)}`;
        expected.push(direct);
        member.server.send(direct);
      }
      await nextIteration();
    }
    const piecesSent = member.server.sendPieces([noise(3), noise(1001), noise(4)]);
    hub.to('a').publish('the end '.repeat(100));
    member.client.resume();
    await piecesSent;
    await untilReceived(member, 'the end '.repeat(100));
    expect(hub.dropped()).to.be.above(0);
    expect(atGap).to.equal(hub.dropped());
    expect(member.received.filter((text) => text.startsWith('direct'))).to.deep.equal(expected);
    expect(member.received).to.include(noise(3) + noise(1001) + noise(4));
    const gapAt = member.received.indexOf(`gap ${noise(7)}`);
    const ofRoom = member.received.filter((text) => said.includes(text));
    const lost = said.filter((text) => !ofRoom.includes(text));
    expect(lost).to.have.lengthOf(hub.dropped());
    const next = member.received.slice(gapAt).find((text) => said.includes(text))!;
    expect(said.indexOf(next)).to.equal(said.indexOf(lost.at(-1)!) + 1);
    expect(ofRoom).to.deep.equal(said.filter((text) => !lost.includes(text)));
  });

  it('get what was published, in its order, and with keys the latest of each', async () => {
    const step = fc.record({
      key: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
      length: fc.integer({ min: 10, max: 3000 }),
      next: fc.constantFrom('go on', 'go on', 'go on', 'next iteration', 'pause', 'resume', 'send'),
    });
    const policy = fc.constantFrom(...dropping);
    const given = fc.tuple(policy, fc.boolean(), fc.array(step, { minLength: 1, maxLength: 120 }));
    await fc.assert(
      fc.asyncProperty(given, async ([slowConsumer, deflates, steps]) => {
        const hub = new Hub({ slowConsumer });
        const pair = deflates ? createDeflatePair(deflateSettings(), {}, marks) : memoryPair();
        const member = stalled(hub, pair, 'room');
        let missing = 0;
        hub.on('gap', (_socket, _room, dropped) => {
          missing += dropped ?? 0;
        });
        const published: string[] = [];
        const latest = new Map<string, string>();
        let directly = 0;
        for (const [i, { key, length, next }] of steps.entries()) {
          const text = `${i} ${key ?? ''}`.padEnd(length, `${i * 7919}`);
          published.push(text);
          if (key !== undefined) latest.set(key, text);
          hub.to('room').publish(text, key === undefined ? {} : { key });
          if (next === 'next iteration') await nextIteration();
          else if (next === 'pause') member.client.pause();
          else if (next === 'resume') member.client.resume();
          else if (next === 'send' && member.server.bufferedAmount < marks.highWaterMark) {
            member.server.send(`direct ${directly++}`);
          }
        }
        member.client.resume();
        while (hub.dropped() > missing || member.server.bufferedAmount > 0) await nextIteration();
        hub.to('room').publish('the end');
        await untilReceived(member, 'the end');
        const received = member.received.slice(0, -1).filter((text) => !text.startsWith('direct'));
        let at = -1;
        for (const text of received) {
          at = published.indexOf(text, at + 1);
          expect(at, text.slice(0, 20)).to.not.equal(-1);
        }
        expect(missing).to.equal(hub.dropped());
        if (slowConsumer === 'coalesce') expect(received).to.include.members([...latest.values()]);
        else expect(received).to.have.lengthOf(published.length - missing);
        expect(member.received.filter((text) => text.startsWith('direct'))).to.have.lengthOf(directly);
        member.client.terminate();
        await member.server.closed;
      }),
      { numRuns: 200 },
    );
  });
});
