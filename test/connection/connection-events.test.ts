import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import { ConnectionEvents } from '../../src/connection/connection-events';
import type { SocketEventMap } from '../../src/connection/socket-event';
import { InvalidOptionError } from '../../src/protocol/errors';

class Events extends ConnectionEvents {
  asked = 0;
  isClean = true;
  readonly masks = false;
  readonly failures: unknown[] = [];
  failWith(error: unknown): void {
    this.failures.push(error);
  }
  protected listening(): void {
    this.asked++;
  }
  /** Emits as a connection does. */
  tell(name: string, ...args: unknown[]): boolean {
    return this.emitSafely(name as 'message', ...(args as ['', false]));
  }
}

const emit = (events: Events, name: string, ...args: unknown[]) => events.tell(name, ...args);

describe('ConnectionEvents', () => {
  it('tells about every way to begin to listen', async () => {
    const events = new Events();
    events.on('message', () => {});
    events.addListener('message', () => {});
    events.once('message', () => {});
    events.prependListener('message', () => {});
    events.prependOnceListener('message', () => {});
    events.addEventListener('message', () => {});
    events.onmessage = () => {};
    void once(events, 'message');
    expect(events.asked).to.be.at.least(8);
    expect(events.listenerCount('message')).to.equal(8);
  });

  it('calls in order, once where asked, and not after off', () => {
    const events = new Events();
    const log: string[] = [];
    const removed = () => log.push('removed');
    events.on('message', (data, isBinary) => log.push(`on ${data} ${isBinary}`));
    events.once('message', () => log.push('once'));
    events.prependListener('message', () => log.push('first'));
    events.on('message', removed);
    events.off('message', removed);
    emit(events, 'message', 'a', false);
    emit(events, 'message', 'b', true);
    expect(log).to.deep.equal(['first', 'on a false', 'once', 'first', 'on b true']);
  });

  it('says whether somebody listened', () => {
    const events = new Events();
    expect(emit(events, 'message', 'a', false)).to.equal(false);
    events.on('message', () => {});
    expect(emit(events, 'message', 'a', false)).to.equal(true);
  });

  it('does not throw an error that nobody listens for', () => {
    const events = new Events();
    expect(emit(events, 'error', new Error('peer'))).to.equal(false);
    expect(events.failures).to.deep.equal([]);
  });

  it('hands over what a listener throws, also one for errors', () => {
    const events = new Events();
    for (const name of ['message', 'close', 'error', 'ping', 'drain']) {
      events.on(name as 'drain', () => {
        throw new Error(name);
      });
      emit(events, name);
    }
    expect(events.failures.map((error) => (error as Error).message)).to.deep.equal([
      'message',
      'close',
      'error',
      'ping',
      'drain',
    ]);
  });

  it('hands over the rejection of an async listener', async () => {
    const events = new Events();
    events.on('message', async () => {
      throw new Error('async');
    });
    events.on('error', async () => {
      throw new Error('async error');
    });
    events.addEventListener('close', async () => {
      throw new Error('async event');
    });
    events.onmessage = async () => {
      throw new Error('async attribute');
    };
    emit(events, 'message', 'a', false);
    emit(events, 'error', new Error('peer'));
    emit(events, 'close', 1000, '');
    await new Promise((resolve) => setImmediate(resolve));
    expect(events.failures.map((error) => (error as Error).message).sort()).to.deep.equal([
      'async',
      'async attribute',
      'async error',
      'async event',
    ]);
  });

  describe('addEventListener()', () => {
    it('gives events as browsers do', () => {
      const events = new Events();
      const log: SocketEventMap[keyof SocketEventMap][] = [];
      for (const type of ['message', 'close', 'error'] as const) events.addEventListener(type, (e) => log.push(e));
      const error = new Error('broken');
      emit(events, 'message', 'hello', false);
      emit(events, 'close', 4001, 'bye');
      emit(events, 'error', error);
      expect(log).to.deep.equal([
        { type: 'message', target: events, data: 'hello' },
        { type: 'close', target: events, code: 4001, reason: 'bye', wasClean: true },
        { type: 'error', target: events, error, message: 'broken' },
      ]);
    });

    it('calls a close clean only when both sides said goodbye', () => {
      const events = new Events();
      let event: SocketEventMap[keyof SocketEventMap] | undefined;
      events.onclose = (given) => {
        event = given;
      };
      events.isClean = false;
      emit(events, 'close', 1002, 'a rule was broken');
      expect(event).to.include({ code: 1002, wasClean: false });
    });

    it('takes the same listener once only, calls it once only where asked, and lets it go', () => {
      const events = new Events();
      let calls = 0;
      const listener = () => {
        calls++;
      };
      events.addEventListener('message', listener);
      events.addEventListener('message', listener);
      emit(events, 'message', 'a', false);
      expect(calls).to.equal(1);
      events.removeEventListener('message', listener);
      emit(events, 'message', 'b', false);
      expect(calls).to.equal(1);
      events.addEventListener('message', listener, { once: true });
      events.addEventListener('message', listener, { once: true });
      emit(events, 'message', 'c', false);
      emit(events, 'message', 'd', false);
      expect(calls).to.equal(2);
      events.addEventListener('message', listener, { once: true });
      events.removeEventListener('message', listener);
      expect(events.listenerCount('message')).to.equal(0);
    });

    it('calls with the connection as this', () => {
      const events = new Events();
      let self: unknown;
      events.addEventListener('message', function (this: unknown) {
        self = this;
      });
      emit(events, 'message', 'a', false);
      expect(self).to.equal(events);
    });

    it('refuses what it does not know, in words', () => {
      const events = new Events();
      expect(() => events.addEventListener('drain' as never, () => {})).to.throw(
        InvalidOptionError,
        "addEventListener() knows 'message', 'close' and 'error', not \"drain\"",
      );
      for (const listen of ['on', 'once', 'addEventListener']) {
        const call = () => Reflect.get(events, listen).call(events, 'open', () => {});
        expect(call).to.throw(InvalidOptionError, "There is no 'open' event");
      }
      expect(() => events.addEventListener('constructor' as never, () => {})).to.throw(InvalidOptionError);
      expect(() => events.addEventListener('message', 'listener' as never)).to.throw(
        InvalidOptionError,
        'The listener for \'message\' must be a function, not "listener"',
      );
    });

    it('ignores the removal of what was never added', () => {
      const events = new Events();
      events.on('message', () => {});
      events.removeEventListener('message', () => {});
      events.removeEventListener('open' as never, () => {});
      expect(events.listenerCount('message')).to.equal(1);
    });
  });

  describe('on… attributes', () => {
    it('hold one listener, which a new one replaces, and null removes', () => {
      const events = new Events();
      const log: string[] = [];
      const first = () => log.push('first');
      const second = () => log.push('second');
      expect(events.onmessage).to.equal(null);
      events.onmessage = first;
      expect(events.onmessage).to.equal(first);
      events.onmessage = second;
      emit(events, 'message', 'a', false);
      events.onmessage = null;
      emit(events, 'message', 'b', false);
      expect(log).to.deep.equal(['second']);
      expect(events.onmessage).to.equal(null);
    });

    it('are apart from the listeners, also of the same function', () => {
      const events = new Events();
      let calls = 0;
      const listener = () => {
        calls++;
      };
      events.onclose = listener;
      events.addEventListener('close', listener);
      emit(events, 'close', 1000, '');
      expect(calls).to.equal(2);
      events.removeEventListener('close', listener);
      expect(events.onclose).to.equal(listener);
      events.onclose = null;
      expect(events.listenerCount('close')).to.equal(0);
    });

    it('take anything that is no function for null, as in browsers', () => {
      const events = new Events();
      events.onerror = 5 as never;
      expect(events.onerror).to.equal(null);
    });
  });

  it('works with the helpers of node:events', async () => {
    const events = new Events();
    const message = once(events, 'message');
    emit(events, 'message', 'a', false);
    expect(await message).to.deep.equal(['a', false]);
    const failed = once(events, 'close');
    emit(events, 'error', new Error('reset'));
    expect(await failed.catch((error: Error) => error.message)).to.equal('reset');
    expect(events).to.be.instanceOf(EventEmitter);
  });
});
