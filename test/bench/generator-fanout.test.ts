import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import { encodeClientFrame } from '../../bench/frames';
import { openWorkshop, type Workshop } from '../../bench/workshop';
import { complaintOf, type Flags, needGenerator, type Report, runGenerator } from '../support/bench-generator';

const texts = ['needle-one', 'needle-two', 'needle-six'];
const wrapHead = '{"text":"';

/** After so many deliveries of all the clock runs: a turn before it takes three for each of two subscribers. */
const CLOCK_RUNS = 20;

describe('bench generator, fan-out', function () {
  this.timeout(60_000);
  let workshop: Workshop | undefined;
  let server: Server;
  let sockets: WebSocketServer;

  before(function () {
    this.timeout(600_000);
    needGenerator(this);
    workshop = openWorkshop();
  });
  after(() => workshop?.remove());
  afterEach(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });

  interface Room {
    subscribers: Set<WebSocket>;
    deliveries: number;
    /** What a delivery is made of; `undefined`: none. @default what was published */
    deliver?: (published: string, subscriber: WebSocket) => string | readonly string[] | undefined;
    /** What the server does with a new connection, before it is in the room. */
    onConnection?: (socket: WebSocket) => void;
    /** What the server does with messages that are no publication; those of the publisher come here too, before they are delivered. */
    onMessage?: (socket: WebSocket, text: string) => void;
  }

  async function listen(behaviour: Partial<Room> = {}): Promise<{ port: number; room: Room }> {
    const room: Room = { subscribers: new Set(), deliveries: 0, ...behaviour };
    server = createServer();
    sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, { url }: IncomingMessage) => {
      room.onConnection?.(socket);
      if (url === '/subscribe') room.subscribers.add(socket);
      socket.on('message', (data) => {
        const text = String(data);
        room.onMessage?.(socket, text);
        if (url !== '/publish' || text.startsWith('hello')) return;
        for (const subscriber of room.subscribers) {
          const delivery = room.deliver ? room.deliver(text, subscriber) : text;
          for (const part of delivery === undefined ? [] : [delivery].flat()) subscriber.send(part);
          room.deliveries++;
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, room };
  }

  function write(name: string, messages: readonly string[]): string {
    const frames = messages.map((text) => encodeClientFrame({ type: 'text' }, Buffer.from(text)));
    return workshop!.write(name, Buffer.concat(frames));
  }

  async function fanout(port: number, flags: Flags = {}, messages: readonly string[] = texts): Promise<Report> {
    const frames = write('frames', messages);
    return runGenerator(workshop!, 'fanout', { port, frames, path: '/subscribe', ...flags });
  }

  it('counts deliveries, not messages', async () => {
    const { port, room } = await listen();
    const { messages } = await fanout(port);
    expect(messages).to.be.above(10).and.at.most(room.deliveries);
  });

  it('publishes on another node, and adds up the time of all processes that serve', async () => {
    const { port, room } = await listen();
    const elsewhere = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    elsewhere.on('connection', (publisher) => {
      publisher.on('message', (data) => {
        room.deliveries++;
        for (const subscriber of room.subscribers) subscriber.send(String(data));
      });
    });
    try {
      await once(elsewhere, 'listening');
      const { port: publishPort } = elsewhere.address() as AddressInfo;
      const timeSaidAndTaken = async (servers: string | number): Promise<[said: number, taken: number]> => {
        const before = process.cpuUsage();
        const flags = { 'publish-port': publishPort, 'publish-path': '/publish', 'server-pid': servers, duration: 300 };
        const { messages, seconds, serverCpu } = await fanout(port, flags);
        const { user, system } = process.cpuUsage(before);
        expect(messages).to.be.above(10);
        return [serverCpu * seconds, (user + system) / 1e6];
      };
      const [once_, takenOnce] = await timeSaidAndTaken(process.pid);
      const [twice, takenTwice] = await timeSaidAndTaken(`${process.pid},${process.pid}`);
      expect(room.subscribers.size).to.equal(4);
      // The clock runs for most of what this process does meanwhile, so counted twice it is more than was taken at all.
      expect(once_).to.be.below(takenOnce);
      expect(twice).to.be.above(takenTwice);
    } finally {
      elsewhere.close();
    }
  });

  it('says what it does not understand as processes that serve', async () => {
    for (const [list, complaint] of [
      ['12,x', "--server-pid takes numbers of processes, with commas, not '12,x'"],
      ['1,2,3,4,5,6,7,8,9', '--server-pid takes 8 processes at most'],
    ] as const) {
      expect(await complaintOf(fanout(1, { 'server-pid': list }))).to.contain(complaint);
    }
  });

  for (const [fault, deliver, complaint] of [
    ['answers other bytes', (text: string) => text.replace('needle', 'noodle'), 'answered message 1 with other bytes'],
    ['delivers twice', (text: string) => [text, text], 'answered message 2 with other bytes'],
    ['wraps what should come back as it is', (text: string) => `${text}.`, 'expected opcode 1, 10 bytes'],
  ] as const) {
    it(`gives no figure for a server that ${fault}`, async () => {
      const { port } = await listen({ deliver });
      expect(await complaintOf(fanout(port))).to.contain(complaint);
    });
  }

  it('gives no figure for a server that delivers the only message twice', async () => {
    const { port } = await listen({ deliver: (text) => [text, text] });
    expect(await complaintOf(fanout(port, {}, ['again']))).to.contain('The server delivered a message twice');
  });

  it('gives no figure for a server that leaves a subscriber out once, later', async () => {
    const { port, room } = await listen({ deliver: (text) => (room.deliveries === CLOCK_RUNS ? undefined : text) });
    expect(await complaintOf(fanout(port))).to.contain('The server sent a message with other bytes');
  });

  describe('with a greeting', () => {
    const greeting = ['hello, Ann', 'hello, again'];

    it('greets on every connection, drops what is said first, and what the publisher is told at any time', async () => {
      const greeted = new Map<WebSocket, string[]>();
      const { port, room } = await listen({
        onConnection: (socket) => socket.send('welcome, at once'),
        onMessage: (socket, text) => {
          if (!text.startsWith('hello')) {
            socket.send(`sent: ${text}`);
            return;
          }
          greeted.set(socket, [...(greeted.get(socket) ?? []), text]);
          socket.send('x'.repeat(100_000));
          for (const other of room.subscribers) if (other !== socket) other.send('somebody has come');
        },
      });
      const report = await fanout(port, { greeting: write('greeting', greeting), connections: 5 });
      expect(report.messages).to.be.above(10);
      expect([...greeted.values()]).to.deep.equal(Array.from({ length: 6 }, () => greeting));
    });

    it('answers the pings of a server that wants to know who is still there', async () => {
      const pongs: string[] = [];
      const { port } = await listen({
        onConnection: (socket) => {
          socket.on('pong', (data) => pongs.push(String(data)));
          socket.ping('are you there?');
          socket.send('welcome');
        },
      });
      await fanout(port, { greeting: write('greeting', greeting), connections: 5 });
      expect(pongs.filter((text) => text === 'are you there?')).to.have.length.of.at.least(5);
    });

    it('gives no figure for a server that says something else after its first delivery', async () => {
      const { port, room } = await listen({
        onConnection: (socket) => socket.send('welcome'),
        deliver: (text) => (room.deliveries === CLOCK_RUNS ? [text, 'somebody has come'] : text),
      });
      const attempt = fanout(port, { greeting: write('greeting', greeting) });
      expect(await complaintOf(attempt)).to.contain('The server sent a frame of opcode 1, 17 bytes; expected');
    });

    it('says so when the server closes the publisher', async () => {
      const { port } = await listen({
        onConnection: (socket) => socket.send('welcome'),
        onMessage: (socket, text) => text.startsWith('hello') || socket.terminate(),
        deliver: () => undefined,
      });
      const attempt = fanout(port, { greeting: write('greeting', greeting) });
      expect(await complaintOf(attempt)).to.contain("The server closed the publisher's connection");
    });
  });

  describe('with a needle', () => {
    const wrapped = texts.map((text) => JSON.stringify({ text }));
    const needle = { 'needle-at': wrapHead.length, 'needle-length': texts[0]!.length };

    it('finds it wherever the server puts it', async () => {
      let count = 0;
      const { port } = await listen({ deliver: (text) => `${'#'.repeat(count++ % 300)}${text} and more` });
      const report = await fanout(port, needle, wrapped);
      expect(report.messages).to.be.above(10);
      expect(report.meanPayload).to.be.above(wrapped[0]!.length);
    });

    it('gives no figure for a server that delivers another one', async () => {
      const { port } = await listen({ deliver: (text) => `>${text.replace('needle', 'noodle')}` });
      expect(await complaintOf(fanout(port, needle, wrapped))).to.contain('answered message 1 with other bytes');
    });

    for (const [fault, delivery] of [
      ['delivers another one later', (text: string) => `>${text.replace('needle', 'noodle')}`],
      ['leaves a subscriber out once, later', () => undefined],
      ['says something without it later', (text: string) => [`>${text}`, 'somebody has come, or is it nobody?']],
    ] as const) {
      it(`gives no figure for a server that ${fault}`, async () => {
        const { port, room } = await listen({
          deliver: (text) => (room.deliveries === CLOCK_RUNS ? delivery(text) : `>${text}`),
        });
        expect(await complaintOf(fanout(port, needle, wrapped))).to.contain(
          'The server sent a message with other bytes',
        );
      });
    }

    it('refuses one that no message has, and one that all have', async () => {
      const { port } = await listen();
      expect(await complaintOf(fanout(port, { ...needle, 'needle-at': 12 }, wrapped))).to.contain(
        'Message 1 has 21 bytes: no needle of 10 bytes stands at 12',
      );
      expect(await complaintOf(fanout(port, { 'needle-at': 0, 'needle-length': 9 }, wrapped))).to.contain(
        'Messages 1 and 2 have the same needle',
      );
    });

    it('refuses one in compressed messages', async () => {
      const { port } = await listen();
      const frames = workshop!.write(
        'frames-deflated',
        encodeClientFrame({ type: 'text', compressed: true }, Buffer.from('text')),
      );
      const attempt = runGenerator(workshop!, 'fanout', { port, frames, ...needle });
      expect(await complaintOf(attempt)).to.contain('--needle-at cannot be looked for in compressed messages');
    });
  });
});
