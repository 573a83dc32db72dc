import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { projectRoot } from '../support/demo-process';

interface ReconnectingSocket extends EventTarget {
  readonly isOpen: boolean;
  send(text: string): boolean;
  retryNow(): void;
  drop(): void;
}

/** The browser's WebSocket, as far as the page uses it. */
class FakeWebSocket {
  static readonly OPEN = 1;
  static readonly dialled: FakeWebSocket[] = [];
  readyState = 0;
  readonly sent: string[] = [];
  onopen = () => {};
  onclose = () => {};
  onmessage = (_event: { data: string }) => {};

  constructor(readonly url: string) {
    FakeWebSocket.dialled.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = FakeWebSocket.OPEN;
    this.onopen();
  }

  lose(): void {
    this.readyState = 3;
    this.onclose();
  }
}

describe('reconnecting socket of the demo', () => {
  const replaced = ['WebSocket', 'addEventListener', 'setTimeout', 'clearTimeout'] as const;
  const originals = new Map(replaced.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  const { random } = Math;

  let make: new (url: string) => ReconnectingSocket;
  let timers: { callback: () => void; delay: number }[];
  let pageListeners: Record<string, () => void>;

  before(async () => {
    const file = path.join(projectRoot, 'demo', 'public', 'reconnecting-socket.mjs');
    ({ ReconnectingSocket: make } = await import(pathToFileURL(file).href));
  });

  beforeEach(() => {
    timers = [];
    pageListeners = {};
    FakeWebSocket.dialled.length = 0;
    const stubs = {
      WebSocket: FakeWebSocket,
      addEventListener: (type: string, listener: () => void) => {
        pageListeners[type] = listener;
      },
      setTimeout: (callback: () => void, delay: number) => {
        const timer = { callback, delay };
        timers.push(timer);
        return timer;
      },
      clearTimeout: (timer: unknown) => {
        timers = timers.filter((each) => each !== timer);
      },
    };
    for (const name of replaced) {
      Object.defineProperty(globalThis, name, { value: stubs[name], configurable: true, writable: true });
    }
  });

  afterEach(() => {
    Math.random = random;
    for (const name of replaced) {
      const original = originals.get(name);
      if (original === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, original);
    }
  });

  const last = () => FakeWebSocket.dialled.at(-1)!;

  function fire(timer = timers.at(-1)!): void {
    timers = timers.filter((each) => each !== timer);
    timer.callback();
  }

  /** The delays that are drawn when nobody answers. */
  function delays(count: number): number[] {
    return Array.from({ length: count }, () => {
      last().lose();
      const { delay } = timers.at(-1)!;
      fire();
      return delay;
    });
  }

  it('waits a time between 0 and a limit that doubles from 0.5 s to 20 s', () => {
    new make('ws://site/chat');
    Math.random = () => 1;
    expect(delays(8)).to.deep.equal([500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
    Math.random = () => 0;
    expect(delays(2)).to.deep.equal([0, 0]);
    Math.random = () => 0.25;
    expect(delays(1)).to.deep.equal([5000]);
  });

  it('begins with the first limit again after a connection that lived five seconds, not after a shorter one', () => {
    new make('ws://site/chat');
    Math.random = () => 1;
    expect(delays(2)).to.deep.equal([500, 1000]);
    last().open();
    expect(timers.map(({ delay }) => delay)).to.deep.equal([5000]);
    expect(delays(1), 'lost at once').to.deep.equal([2000]);
    last().open();
    fire();
    expect(delays(1), 'lost later').to.deep.equal([500]);
  });

  it('says when it opens, what comes, and when it will dial again', () => {
    const socket = new make('ws://site/chat');
    const events: unknown[] = [];
    for (const type of ['open', 'text', 'lost']) {
      socket.addEventListener(type, (event) => events.push(type, (event as CustomEvent).detail));
    }
    expect(socket.send('too early')).to.equal(false);
    last().open();
    expect(socket.isOpen).to.equal(true);
    expect(socket.send('hello')).to.equal(true);
    expect(last().sent).to.deep.equal(['hello']);
    last().onmessage({ data: 'hi' });
    Math.random = () => 0.5;
    const now = Date.now();
    last().lose();
    expect(events.slice(0, 5)).to.deep.equal(['open', undefined, 'text', 'hi', 'lost']);
    expect((events[5] as { retryAt: number }).retryAt).to.be.within(now + 250, Date.now() + 250);
  });

  it('dials at once when asked, or when the computer is online again, and then only once', () => {
    const socket = new make('ws://site/chat');
    socket.retryNow();
    expect(FakeWebSocket.dialled, 'it is dialling already').to.have.length(1);
    last().lose();
    socket.retryNow();
    expect(FakeWebSocket.dialled).to.have.length(2);
    expect(timers, 'the timer of the next attempt').to.deep.equal([]);
    last().lose();
    pageListeners.online?.();
    expect(FakeWebSocket.dialled).to.have.length(3);
  });

  it('gives a connection up when the computer is offline, and does not hear it any more', () => {
    const socket = new make('ws://site/chat');
    const dropped = last();
    dropped.open();
    let lost = 0;
    socket.addEventListener('lost', () => {
      lost++;
    });
    socket.addEventListener('text', () => expect.fail('a text of a connection that was given up'));
    pageListeners.offline?.();
    expect(socket.isOpen).to.equal(false);
    dropped.onmessage({ data: 'late' });
    dropped.onclose();
    expect(lost).to.equal(1);
    expect(timers).to.have.length(1);
  });
});
