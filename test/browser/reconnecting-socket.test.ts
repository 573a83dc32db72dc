import { expect } from 'chai';
import { type ChatClientOptions, resolveOptions } from '../../src/browser/options';
import { type ConnectionState, ReconnectingSocket } from '../../src/browser/reconnecting-socket';
import type { ChatUrl, WebSocketClass } from '../../src/browser/web-socket';
import { FakePage } from './support/fake-page';
import { FakeSocket } from './support/fake-socket';
import { FakeTime, settled } from './support/fake-time';

describe('browser reconnecting socket', () => {
  const time = FakeTime.use(() => socket.close());
  const page = FakePage.use();
  let socket: ReconnectingSocket;
  let events: string[];
  let isOwed: boolean;
  let state: ConnectionState;

  beforeEach(() => {
    FakeSocket.made.length = 0;
    events = [];
    isOwed = false;
  });

  /** Makes a socket that connects. */
  async function connect(options: ChatClientOptions = {}, url: ChatUrl = () => 'ws://site/chat'): Promise<FakeSocket> {
    socket = new ReconnectingSocket(url, resolveOptions({ WebSocket: FakeSocket, ...options }), {
      opened: () => events.push('opened'),
      received: (data) => events.push(`received ${data}`),
      lost: (code, isForGood) => events.push(`lost ${code}${isForGood ? ' for good' : ''}`),
      changed: (changed) => {
        state = changed;
        events.push(changed.status);
      },
      get isOwed() {
        return isOwed;
      },
    });
    socket.connect();
    await settled();
    return FakeSocket.last;
  }

  it('connects, is open, and gives what comes', async () => {
    const dialled = await connect();
    expect(dialled.url).to.equal('ws://site/chat');
    expect(socket.isOpen).to.equal(false);
    dialled.open();
    expect(socket.isOpen).to.equal(true);
    dialled.onmessage({ data: 'hello' });
    expect(events).to.deep.equal(['connecting', 'opened', 'open', 'received hello']);
  });

  it('says when it is lost and when it will try again, and does', async () => {
    const dialled = await connect();
    time.random = 0.5;
    dialled.open().end(1001, 'bye');
    expect(state).to.deep.equal({ status: 'waiting', retryAt: time.now + 250, code: 1001, reason: 'bye' });
    await time.pass(249);
    expect(FakeSocket.made).to.have.lengthOf(1);
    await time.pass(1);
    expect(FakeSocket.made).to.have.lengthOf(2);
    expect(events).to.deep.equal(['connecting', 'opened', 'open', 'lost 1001', 'waiting', 'connecting']);
  });

  it('waits longer after each failure, and begins anew after a connection that lived five seconds', async () => {
    await connect();
    const delays: (number | undefined)[] = [];
    const lose = async () => {
      FakeSocket.last.end();
      delays.push(time.next);
      await time.pass(time.next!);
    };
    await lose();
    await lose();
    FakeSocket.last.open();
    await time.pass(4_999);
    await lose();
    FakeSocket.last.open();
    await time.pass(5_000);
    await lose();
    expect(delays).to.deep.equal([500, 1000, 2000, 500]);
  });

  it('takes the delays from its options', async () => {
    await connect({ firstRetryDelay: 10, maxRetryDelay: 30 });
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      FakeSocket.last.end();
      delays.push(time.next);
      await time.pass(time.next!);
    }
    expect(delays).to.deep.equal([10, 20, 30]);
  });

  for (const code of [1008, 4000, 4999]) {
    it(`ends for good with ${code}, until it is asked to connect`, async () => {
      (await connect()).open().end(code, 'go away');
      expect(state).to.deep.equal({ status: 'closed', code, reason: 'go away' });
      expect(events.slice(-2)).to.deep.equal([`lost ${code} for good`, 'closed']);
      expect(time.timers).to.equal(0);
      socket.connect();
      await settled();
      expect(FakeSocket.made).to.have.lengthOf(2);
      expect(FakeSocket.last.open() && state.status).to.equal('open');
    });
  }

  it('comes back with another ticket when its credentials have expired', async () => {
    let tickets = 0;
    const dialled = await connect({}, async () => `ws://site/chat?ticket=${++tickets}`);
    dialled.open().end(4401, 'credentials expired');
    expect(state.status).to.equal('waiting');
    await time.pass(time.next!);
    expect(FakeSocket.last.url).to.equal('ws://site/chat?ticket=2');
  });

  it('does not come back with the same URL when its credentials have expired', async () => {
    (await connect({}, 'ws://site/chat')).open().end(4401, 'credentials expired');
    expect(state.status).to.equal('closed');
    expect(time.timers).to.equal(0);
  });

  it('begins with the first delay when it is asked to connect after the end', async () => {
    await connect();
    for (let i = 0; i < 3; i++) {
      FakeSocket.last.end();
      await time.pass(time.next!);
    }
    FakeSocket.last.end(4000);
    socket.connect();
    await settled();
    FakeSocket.last.end();
    expect(time.next).to.equal(500);
  });

  it('is closed by close(), and says so to the server', async () => {
    const dialled = (await connect()).open();
    socket.close();
    socket.close();
    expect(dialled.closedWith).to.equal(1000);
    expect(state).to.deep.equal({ status: 'closed', code: 1000, reason: '' });
    dialled.end(1000);
    dialled.onmessage({ data: 'late' });
    expect(events).to.deep.equal(['connecting', 'opened', 'open', 'lost 1000 for good', 'closed']);
  });

  it('is closed while it waits, and while it connects', async () => {
    (await connect()).end();
    socket.close();
    expect(time.timers).to.equal(0);
    socket.connect();
    await settled();
    const second = FakeSocket.last;
    socket.close();
    second.open();
    expect(socket.state.status).to.equal('closed');
  });

  it('connects at once when it is asked to while it waits, and not twice', async () => {
    (await connect()).end();
    socket.connect();
    socket.connect();
    await settled();
    expect(FakeSocket.made).to.have.lengthOf(2);
    FakeSocket.last.open();
    socket.connect();
    await settled();
    expect(FakeSocket.made).to.have.lengthOf(2);
  });

  it('obeys close() of a listener that is told of the loss', async () => {
    (await connect()).open();
    const seen = events;
    events = Object.assign([], {
      push(event: string) {
        if (event === 'lost 1001') socket.close();
        return seen.push(event);
      },
    });
    FakeSocket.last.end(1001);
    expect(socket.state.status).to.equal('closed');
    expect(seen).not.to.include('waiting');
  });

  describe('with a function for the URL', () => {
    it('asks it before each attempt', async () => {
      let token = 0;
      await connect({}, async () => new URL(`https://site/chat?token=${++token}`));
      FakeSocket.last.end();
      await time.pass(500);
      expect(FakeSocket.made.map(({ url }) => url)).to.deep.equal([
        'wss://site/chat?token=1',
        'wss://site/chat?token=2',
      ]);
    });

    for (const [how, url] of [
      [
        'throws',
        () => {
          throw new Error('no token');
        },
      ],
      ['rejects', () => Promise.reject(new Error('no token'))],
    ] as [string, ChatUrl][]) {
      it(`takes one that ${how} for a failure, and tells it`, async () => {
        await connect({}, url);
        expect(FakeSocket.made).to.deep.equal([]);
        expect(state).to.include({ status: 'waiting', code: 1006, reason: '', retryAt: time.now + 500 });
        expect((state as { error?: Error }).error?.message).to.equal('no token');
        await time.pass(500);
        expect(time.next).to.equal(1000);
      });
    }

    it('takes one that gives no URL for a failure', async () => {
      await connect({}, () => 'nonsense');
      expect((state as { error?: unknown }).error).to.be.instanceOf(TypeError);
    });

    it('waits no longer for one than for the connection, and forgets what it gives then', async () => {
      let give!: (url: string) => void;
      await connect(
        { connectTimeout: 3_000 },
        () =>
          new Promise((resolve) => {
            give = resolve;
          }),
      );
      await time.pass(3_000);
      expect(state).to.include({ status: 'waiting', reason: 'Not open within 3000 ms' });
      give('ws://site/late');
      await settled();
      expect(FakeSocket.made).to.deep.equal([]);
    });
  });

  it('gives up a connection that is not open in time', async () => {
    const dialled = await connect({ connectTimeout: 3_000 });
    await time.pass(3_000);
    expect(dialled.closedWith).to.equal(1000);
    expect(state).to.include({ status: 'waiting', code: 1006, reason: 'Not open within 3000 ms' });
    dialled.open();
    expect(events).not.to.include('opened');
  });

  it('tells why a connection failed, where the WebSocket says so', async () => {
    const problem = new Error('ECONNREFUSED');
    const dialled = await connect();
    dialled.onerror({ error: problem });
    dialled.end();
    expect(state).to.include({ status: 'waiting', error: problem });
  });

  it('takes a class that throws for a failure', async () => {
    const problem = new Error('no WebSockets here');
    class Refusing extends FakeSocket {
      constructor(url: string) {
        super(url);
        throw problem;
      }
    }
    await connect({ WebSocket: Refusing as WebSocketClass });
    expect(state).to.include({ status: 'waiting', error: problem });
  });

  describe('when the server is silent', () => {
    const probes = (dialled: FakeSocket) => dialled.requests.filter(({ type }) => type === 'ping').length;

    it('asks whether it is there half the time after a request, and gives up when that is not answered', async () => {
      const dialled = (await connect()).open();
      isOwed = true;
      socket.send('{"type":"first"}');
      await time.pass(4_000);
      socket.send('{"type":"second"}');
      await time.pass(1_000);
      expect(probes(dialled)).to.equal(1);
      await time.pass(4_999);
      expect(state.status).to.equal('open');
      await time.pass(1);
      expect(state).to.include({ status: 'waiting', code: 1006, reason: 'The server does not answer' });
      expect(dialled.closedWith).to.equal(1000);
    });

    it('goes on while the server says something, though it owes an answer', async () => {
      const dialled = (await connect({ answerTimeout: 2_000 })).open();
      isOwed = true;
      socket.send('{"type":"message"}');
      for (let i = 1; i <= 20; i++) {
        await time.pass(1_000);
        expect(probes(dialled)).to.equal(i);
        dialled.onmessage({ data: 'unknown-type' });
      }
      expect(state.status).to.equal('open');
      isOwed = false;
      dialled.onmessage({ data: 'the answer' });
      await time.pass(29_999);
      expect(probes(dialled)).to.equal(20);
    });

    it('asks now and then where nothing is owed', async () => {
      const dialled = (await connect()).open();
      await time.pass(29_999);
      expect(probes(dialled)).to.equal(0);
      await time.pass(1);
      expect(probes(dialled)).to.equal(1);
      await time.pass(5_000);
      expect(state.status).to.equal('waiting');
    });

    it('never asks where nothing is owed, if it shall not', async () => {
      const dialled = (await connect({ probeInterval: false })).open();
      dialled.onmessage({ data: 'hello' });
      await time.pass(3_600_000);
      expect(state.status).to.equal('open');
      expect(probes(dialled)).to.equal(0);
    });
  });

  describe('on a page', () => {
    for (const type of ['online', 'visibilitychange'] as const) {
      it(`connects at once on ${type} while it waits, and once`, async () => {
        (await connect()).end();
        page.fire(type);
        page.fire(type);
        await settled();
        expect(FakeSocket.made).to.have.lengthOf(2);
        expect(time.timers).to.equal(1);
      });

      it(`asks whether the server is there on ${type} while it is open`, async () => {
        const dialled = (await connect()).open();
        page.fire(type);
        expect(dialled.requests).to.deep.equal([{ type: 'ping' }]);
        await time.pass(5_000);
        expect(state.status).to.equal('waiting');
      });
    }

    it('does nothing when the page is hidden', async () => {
      (await connect()).end();
      page.visibilityState = 'hidden';
      page.fire('visibilitychange');
      await settled();
      expect(FakeSocket.made).to.have.lengthOf(1);
    });

    it('gives the connection up on offline, and tries again nevertheless', async () => {
      const dialled = (await connect()).open();
      page.fire('offline');
      page.fire('offline');
      expect(dialled.closedWith).to.equal(1000);
      expect(state).to.deep.include({ status: 'waiting', code: 1006, reason: 'The browser is offline' });
      await time.pass(500);
      expect(FakeSocket.made).to.have.lengthOf(2);
    });

    it('does not come before the server wants it to', async () => {
      (await connect()).open().end(1013, 'retry-after=60');
      expect(state).to.include({ retryAt: time.now + 65_000 });
      await time.pass(59_999);
      page.fire('online');
      await settled();
      expect(FakeSocket.made).to.have.lengthOf(1);
      await time.pass(1);
      page.fire('online');
      await settled();
      expect(FakeSocket.made).to.have.lengthOf(2);
    });
  });
});
