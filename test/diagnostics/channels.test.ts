import { AsyncLocalStorage } from 'node:async_hooks';
import { execFileSync } from 'node:child_process';
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'chai';
import express from 'express';
import { connect } from '../../src/client/connect';
import { traced, traces } from '../../src/diagnostics/channels';
import { Hub } from '../../src/rooms/hub';
import { memoryAdapter } from '../../src/rooms/memory-adapter';
import { ExpressApps } from '../support/express-apps';

type Message = Record<string, unknown>;

/** What comes by channels of ours while a test runs. */
class Watcher {
  readonly #stops: Array<() => void> = [];

  watch(name: string): Message[] {
    const messages: Message[] = [];
    const listener = (message: unknown) => {
      // It may change while a trace goes on.
      messages.push({ ...(message as Message) });
    };
    subscribe(name, listener);
    this.#stops.push(() => unsubscribe(name, listener));
    return messages;
  }

  /** The names of the events of a trace, in order. */
  trace(name: string): Array<[event: string, message: Message]> {
    const events: Array<[string, Message]> = [];
    for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
      const listener = (message: unknown) => events.push([event, { ...(message as Message) }]);
      subscribe(`tracing:switchboard:${name}:${event}`, listener);
      this.#stops.push(() => unsubscribe(`tracing:switchboard:${name}:${event}`, listener));
    }
    return events;
  }

  end(): void {
    for (const stop of this.#stops) stop();
  }
}

const names = (events: Array<[string, Message]>) => events.map(([event]) => event);

describe('diagnostics channels', () => {
  let apps: ExpressApps;
  let watcher: Watcher;
  beforeEach(() => {
    apps = new ExpressApps(express);
    watcher = new Watcher();
  });
  afterEach(async () => {
    watcher.end();
    await apps.close();
  });

  it('tell of a handshake, an open connection, its messages and its end', async () => {
    const { app, board } = apps.app();
    app.ws('/echo', (socket) => {
      socket.on('message', (data) => socket.send(data));
    });
    const port = await apps.listen(app);
    const [handshakes, opens, messages, closes] = ['handshake', 'open', 'message', 'close'].map((name) =>
      watcher.watch(`switchboard:${name}`),
    );
    const client = await apps.open(port, '/echo');
    const [socket] = board.connections;
    client.send('text');
    await client.next();
    client.send(Buffer.from('binary'));
    await client.next();
    client.close(3001, 'done');
    await socket!.closed;
    expect(handshakes).to.have.length(1);
    expect(handshakes![0]!.request).to.have.property('url', '/echo');
    expect(opens).to.deep.equal([{ socket, request: handshakes![0]!.request }]);
    expect(messages).to.deep.equal([
      { socket, data: 'text', isBinary: false },
      { socket, data: Buffer.from('binary'), isBinary: true },
    ]);
    expect(closes).to.deep.equal([{ socket, code: 3001, reason: 'done', cause: null }]);
  });

  it('tell of refusals, with the error where there is one', async () => {
    const { app } = apps.app();
    app.ws('/echo', () => {});
    const port = await apps.listen(app);
    const refusals = watcher.watch('switchboard:refusal');
    await apps.refused(port, '/nowhere');
    await apps.refused(port, '/echo', { origin: 'http://evil.example' });
    const [missing, foreign] = refusals;
    expect(missing).to.include({ status: 404, code: 'HTTP_404' }).and.not.to.have.property('error');
    expect(foreign).to.include({ status: 403, code: 'FOREIGN_ORIGIN' });
    expect(foreign!.error).to.include({ code: 'FOREIGN_ORIGIN' });
    expect(foreign!.request).to.have.property('url', '/echo');
  });

  it('tell of slow consumers: of a connection that is closed, and of members that messages are held back for', async () => {
    const hub = new Hub({ slowConsumer: 'drop-oldest' });
    const { app, board } = apps.app({ hub, highWaterMark: 1000, lowWaterMark: 100, maxBufferedAmount: 20_000_000 });
    app.ws('/feed', (socket) => {
      socket.join('feed');
    });
    app.ws('/flood', { highWaterMark: 1000, lowWaterMark: 100, maxBufferedAmount: 1000 }, () => {});
    const port = await apps.listen(app);
    const slow = watcher.watch('switchboard:slow-consumer');
    const member = await apps.open(port, '/feed');
    member.pause();
    const [first] = board.connections;
    first!.send('x'.repeat(19_000_000));
    hub.to('feed').publish('late');
    expect(slow).to.deep.equal([{ socket: first, room: 'feed', policy: 'drop-oldest' }]);
    member.terminate();
    await first!.closed;
    const flooded = await apps.open(port, '/flood');
    flooded.pause();
    const [second] = board.connections;
    second!.send('x'.repeat(19_000_000));
    second!.send('more');
    expect(slow.slice(1)).to.deep.equal([{ socket: second, policy: 'close' }]);
    flooded.terminate();
    await second!.closed;
    expect(board.metrics().connections.failed).to.deep.equal({ SLOW_CONSUMER: 1 });
  });

  it('tell of an adapter whose status changes', async () => {
    const adapter = memoryAdapter();
    const hub = new Hub({ adapter });
    const statuses = watcher.watch('switchboard:adapter');
    await adapter.close();
    expect(statuses).to.deep.equal([{ hub, status: 'closed' }]);
  });

  it('tell of what is published', () => {
    const hub = new Hub();
    const published = watcher.watch('switchboard:publish');
    const data = { goals: [1, 0] };
    hub.to('one', 'two').publish(data);
    hub.here('one').publish('here');
    expect(published).to.deep.equal([
      { hub, rooms: ['one', 'two'], data },
      { hub, rooms: ['one'], data: 'here' },
    ]);
  });

  it('trace a handshake from its arrival to its answer', async () => {
    const { app, board } = apps.app();
    app.ws('/echo', () => {});
    const port = await apps.listen(app);
    const events = watcher.trace('handshake');
    await apps.open(port, '/echo');
    const [socket] = board.connections;
    expect(names(events)).to.have.members(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(events.at(-1)).to.deep.equal(['asyncEnd', { ...events[0]![1], status: 101, socket }]);
    events.length = 0;
    await apps.refused(port, '/echo', { origin: 'http://evil.example' });
    expect(names(events)).to.have.members(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(events.at(-1)![1]).to.include({ status: 403, code: 'FOREIGN_ORIGIN' });
    expect(events.at(-1)![1].error).to.include({ code: 'FOREIGN_ORIGIN' });
  });

  it('carry a context from the handshake to the handler, its messages and what they publish', async () => {
    const storage = new AsyncLocalStorage<string>();
    const parents: string[] = [];
    const kinds = ['handshake', 'handler', 'message', 'publish'] as const;
    for (const kind of kinds) {
      traces[kind].start.bindStore(storage as AsyncLocalStorage<unknown>, () => {
        const parent = storage.getStore();
        parents.push(`${parent ?? 'nothing'} > ${kind}`);
        return kind;
      });
    }
    try {
      const { app, board } = apps.app();
      app.ws('/echo', async (socket) => {
        await Promise.resolve();
        expect(storage.getStore()).to.equal('handler');
        socket.join('room');
        socket.on('message', async (data) => {
          await Promise.resolve();
          board.hub.to('room').publish(data);
        });
      });
      const port = await apps.listen(app);
      const client = await apps.open(port, '/echo');
      client.send('hello');
      expect(await client.next()).to.equal('hello');
      expect(parents).to.include('nothing > handshake');
      expect(parents).to.include('handshake > handler');
      expect(parents).to.include('message > publish');
    } finally {
      for (const kind of kinds) traces[kind].start.unbindStore(storage as AsyncLocalStorage<unknown>);
    }
  });

  it('trace listeners until their promises have settled, and see how they fail', async () => {
    const { app, board } = apps.app({ logger: false });
    app.ws('/two', (socket) => {
      socket.on('message', () => {});
      socket.on('message', async () => {
        await Promise.resolve();
        throw new Error('A mistake');
      });
    });
    const port = await apps.listen(app);
    const events = watcher.trace('message');
    const client = await apps.open(port, '/two');
    const [socket] = board.connections;
    client.send('x');
    expect((await client.closed()).code).to.equal(1011);
    expect(names(events)).to.deep.equal(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(events[0]![1]).to.deep.equal({ socket, data: 'x', isBinary: false });
    expect(events.at(-1)![1].error).to.have.property('message', 'A mistake');
    expect(board.metrics().handlers.errors).to.equal(1);
  });

  it('trace a publish that is confirmed until it is', async () => {
    const events = watcher.trace('publish');
    await new Hub().to('one', 'two').confirm('x');
    await Promise.resolve();
    expect(names(events)).to.deep.equal(['start', 'end', 'asyncStart', 'asyncEnd']);
  });

  it('tell nothing of the connections of a client', async () => {
    const { app, board } = apps.app();
    app.ws('/hello', (socket) => {
      socket.send('hello');
    });
    const port = await apps.listen(app);
    const [messages, closes] = [watcher.watch('switchboard:message'), watcher.watch('switchboard:close')];
    const events = watcher.trace('message');
    const client = await connect(`ws://127.0.0.1:${port}/hello`);
    const heard = once(client, 'message');
    expect((await heard)[0]).to.equal('hello');
    const [socket] = board.connections;
    client.close();
    await Promise.all([client.closed, socket!.closed]);
    expect(messages).to.deep.equal([]);
    expect(events).to.deep.equal([]);
    expect(closes.map((message) => message.socket)).to.deep.equal([socket]);
  });

  it('leave a subscriber that throws to the process, and the connection alone', () => {
    const program = `
      const { subscribe } = require('node:diagnostics_channel');
      const { Hub } = require('switchboard');
      subscribe('switchboard:publish', () => { throw new Error('A subscriber failed'); });
      process.once('uncaughtException', (error) => console.log(error.message));
      new Hub().to('room').publish('x');
      console.log('published');`;
    const output = execFileSync(process.execPath, ['--eval', program], {
      cwd: path.join(__dirname, '../..'),
      encoding: 'utf8',
    });
    expect(output).to.equal('published\nA subscriber failed\n');
  });
});

describe('traced()', () => {
  it('ends with asyncEnd whether anything was waited for or not, and passes on what the call does', async () => {
    const trace = tracingChannel<unknown, object>('test:traced');
    const events: string[] = [];
    const subscribers = Object.fromEntries(
      (['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const).map((event) => [event, () => events.push(event)]),
    ) as never;
    trace.subscribe(subscribers);
    try {
      expect(traced(trace, {}, () => 1)).to.equal(1);
      expect(await traced(trace, {}, async () => 2)).to.equal(2);
      const fails = () => {
        throw new Error('A mistake');
      };
      expect(() => traced(trace, {}, fails)).to.throw('A mistake');
      const calm = ['start', 'end', 'asyncStart', 'asyncEnd'];
      expect(events).to.deep.equal([...calm, ...calm, 'start', 'error', 'end', 'asyncStart', 'asyncEnd']);
    } finally {
      trace.unsubscribe(subscribers);
    }
    expect(channel('tracing:test:traced:start').hasSubscribers).to.equal(false);
  });
});
