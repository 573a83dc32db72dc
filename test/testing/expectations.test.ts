import { AssertionError } from 'node:assert';
import { expect } from 'chai';
import express from 'express';
import { InvalidOptionError, InvalidStateError } from '../../src/protocol/errors';
import {
  closeAll,
  connectTo,
  expectClose,
  expectMessage,
  expectNoMessage,
  type TestClient,
  useFakeClock,
} from '../../src/testing';
import { testingApp } from './support/testing-app';

const { app, board } = testingApp(express);

function says(...texts: string[]): Promise<TestClient> {
  return connectTo(app, `/says?${texts.map((text) => `text=${encodeURIComponent(text)}`).join('&')}`);
}

async function failureOf(promise: Promise<unknown>): Promise<AssertionError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).to.be.instanceOf(AssertionError);
  return error;
}

/** What a test runner prints, line by line. */
async function linesOf(promise: Promise<unknown>): Promise<string[]> {
  return (await failureOf(promise)).message.split('\n');
}

afterEach(closeAll);

describe('expectMessage', () => {
  it('takes the messages one by one, and gives them', async () => {
    const socket = await says('one', 'two', '{"a":{"b":1},"c":2}', '[1,2]');
    expect(await expectMessage(socket, 'one')).to.equal('one');
    expect(await socket.expectMessage(/^t/)).to.equal('two');
    const json = await socket.expectMessage({ a: { b: 1 } }, { partial: true });
    expect(json.c).to.equal(2);
    expect(await socket.expectMessage([1, 2])).to.deep.equal([1, 2]);
  });

  it('takes bytes, what a function says, and anything', async () => {
    const socket = await connectTo(app, '/echo');
    for (const message of [Uint8Array.of(1, 2), 'long enough', 'x']) socket.send(message);
    await expectMessage(socket, Uint8Array.of(1, 2));
    await expectMessage(socket, (message) => message.length > 5);
    expect(await expectMessage(socket)).to.equal('x');
  });

  it('compares an object as it would come: dates as text, and without what is undefined', async () => {
    const at = new Date();
    const socket = await says(JSON.stringify({ at, a: 1 }));
    await socket.expectMessage({ at, a: 1, b: undefined });
  });

  it('passes over others where it may', async () => {
    const socket = await says('a', 'b', 'c', 'd');
    await expectMessage(socket, 'c', { skipOthers: true });
    await expectMessage(socket, 'd');
  });

  it('waits for messages in the order in which they are expected at the same time', async () => {
    const socket = await connectTo(app, '/echo');
    const both = Promise.all([expectMessage(socket, 'a'), expectMessage(socket, 'b')]);
    socket.send('a');
    socket.send('b');
    await both;
  });

  it('says what came instead, and what came before', async () => {
    const socket = await says('hello', 'ping');
    await expectMessage(socket, 'hello');
    const error = await failureOf(expectMessage(socket, 'pong'));
    expect(error.message).to.equal(
      "Expected the message 'pong', but got 'ping'.\nMessages so far:\n  1. 'hello' (taken by an earlier expectation)\n  2. 'ping'",
    );
    expect([error.actual, error.expected, error.operator]).to.deep.equal(['ping', 'pong', 'expectMessage']);
    expect(error.stack).to.match(/expectations\.test\.ts/);
  });

  it('gives test runners the JSON to compare', async () => {
    const error = await failureOf(expectMessage(await says('{"a":1}'), { a: 2 }));
    expect(error.message).to.equal(`Expected the JSON { a: 2 }, but got '{"a":1}'.\nMessages so far:\n  1. '{"a":1}'`);
    expect([error.actual, error.expected]).to.deep.equal([{ a: 1 }, { a: 2 }]);
  });

  const cases: Array<
    [what: string, given: Parameters<typeof expectMessage>[1] | object, options: object, first: string]
  > = [
    ['a RegExp', /^b/, {}, "Expected a message that matches /^b/, but got 'a'."],
    ['bytes', Buffer.from('a'), {}, "Expected the message <Buffer 61>, but got 'a'."],
    ['a function', () => false, {}, "Expected a message for which the function returns true, but got 'a'."],
    [
      'a named function',
      function isB() {
        return false;
      },
      {},
      "Expected a message for which isB() returns true, but got 'a'.",
    ],
    ['a part', { b: 1 }, { partial: true }, "Expected JSON with at least { b: 1 }, but got 'a'."],
  ];
  for (const [what, given, options, first] of cases) {
    it(`says what it expected: ${what}`, async () => {
      const lines = await linesOf(expectMessage(await says('a'), given as never, options));
      expect(lines).to.deep.equal([first, 'Messages so far:', "  1. 'a'"]);
    });
  }

  it('compares a part deeply, and lists whole', async () => {
    const text = '{"a":{"b":[{"c":1,"d":2}]}}';
    const socket = await says(...Array.from({ length: 5 }, () => text));
    await socket.expectMessage({ a: { b: [{ c: 1 }] } }, { partial: true });
    for (const wrong of [{ a: { b: [] } }, { a: { b: { 0: { c: 1 } } } }, { a: { b: [{ c: 2 }] } }, { a: null }]) {
      await failureOf(socket.expectMessage(wrong, { partial: true }));
    }
  });

  it('does not wait for ever', async () => {
    const socket = await says('a');
    expect(await linesOf(expectMessage(socket, 'b', { timeout: 20, skipOthers: true }))).to.deep.equal([
      "Expected the message 'b', but the one that came did not match, and then none came within 20 ms (option 'timeout').",
      'Messages so far:',
      "  1. 'a'",
    ]);
    const many = await says('a', 'c', 'd', 'e');
    await expectMessage(many, 'a');
    expect(await linesOf(expectMessage(many, 'b', { timeout: 20, skipOthers: true }))).to.deep.equal([
      "Expected the message 'b', but none of the 3 that came matched, and then none came within 20 ms (option 'timeout').",
      'Messages so far:',
      "  1. 'a' (taken by an earlier expectation)",
      "  2. 'c'",
      "  3. 'd'",
      "  4. 'e'",
    ]);
    const silent = await connectTo(app, '/echo');
    expect(await linesOf(expectMessage(silent, undefined, { timeout: 5 }))).to.deep.equal([
      "Expected a message, but none came within 5 ms (option 'timeout').",
      'Messages so far: none',
    ]);
    silent.send('late');
    await expectMessage(silent, 'late');
  });

  it('does not wait when the connection is closed', async () => {
    const socket = await connectTo(app, '/closes?code=4001&reason=no');
    expect(await linesOf(expectMessage(socket, 'b'))).to.deep.equal([
      'Expected the message \'b\', but the connection was closed: received 4001 (application) "no", then sent 4001 (application) "no".',
      'Messages so far: none',
    ]);
  });

  it('lists no more than the last twenty', async () => {
    const socket = await says(...Array.from({ length: 23 }, (_, index) => String(index)));
    const lines = await linesOf(expectMessage(socket, 'x', { skipOthers: true, timeout: 20 }));
    expect(lines.slice(1, 4)).to.deep.equal(['Messages so far:', '  (3 more)', "  4. '3'"]);
  });

  it('needs a connection, as the others do', async () => {
    for (const [name, expectation] of Object.entries({ expectMessage, expectNoMessage, expectClose })) {
      for (const [given, words] of [
        [undefined, 'undefined'],
        [Promise.resolve(), 'an object (Promise)'],
      ]) {
        const error = await Reflect.apply(expectation, undefined, [given]).catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(InvalidOptionError);
        expect(error.message).to.equal(`${name}() needs a connection first (await connectTo(…)), not ${words}`);
      }
    }
  });

  it('refuses what cannot be expected', async () => {
    const socket = await says('a');
    const words = async (given: unknown, options?: object) => {
      const error = await expectMessage(socket, given as never, options).catch((reason) => reason);
      expect(error).to.be.instanceOf(InvalidOptionError);
      return error.message;
    };
    expect(await words(5)).to.match(/must be a string, bytes, a RegExp, a function, or an object for its JSON, not 5/);
    expect(await words('a', { partial: true })).to.match(/Option 'partial' is for an object, not for "a"/);
    expect(await words('a', { timout: 5 })).to.match(/Did you mean 'timeout'/);
    expect(await words(() => undefined)).to.match(/must return true or false, not undefined: to assert something/);
  });
});

describe('expectNoMessage', () => {
  it('proves by a ping that nothing was sent', async () => {
    const socket = await connectTo(app, '/echo');
    await expectNoMessage(socket);
    socket.send('a');
    expect(await linesOf(expectNoMessage(socket))).to.deep.equal([
      "Expected no message, but got 'a'.",
      'Messages so far:',
      "  1. 'a'",
    ]);
    await socket.expectNoMessage();
  });

  it('finds what an earlier expectation has waited for in vain', async () => {
    const socket = await connectTo(app, '/echo');
    await failureOf(expectMessage(socket, 'a', { timeout: 5 }));
    await expectNoMessage(socket);
    socket.send('a');
    await failureOf(expectNoMessage(socket));
  });

  it('holds of a closed connection, unless a message is left', async () => {
    const closed = await connectTo(app, '/closes?code=1000');
    await closed.expectClose();
    await closed.expectNoMessage();
    const left = await says('a');
    left.close();
    await left.closed;
    await failureOf(left.expectNoMessage());
  });

  it('is not fooled by a connection that stalls, or by listeners', async () => {
    const socket = await connectTo(app, '/echo');
    socket.faults.stall();
    expect(await linesOf(expectNoMessage(socket, { timeout: 5 }))).to.deep.equal([
      "Expected no message, but the ping that would prove it was not answered within 5 ms (option 'timeout').",
      'Messages so far: none',
    ]);
    socket.on('message', () => {});
    expect(await expectNoMessage(socket).catch((error) => error)).to.be.instanceOf(InvalidStateError);
  });
});

describe('expectClose', () => {
  it('waits for the end, and gives it', async () => {
    const socket = await connectTo(app, '/closes?code=4001&reason=come+back');
    const { code, reason, initiator } = await expectClose(socket, 4001, 'come back');
    expect([code, reason, initiator]).to.deep.equal([4001, 'come back', 'remote']);
    await socket.expectClose(4001, /back$/);
    await socket.expectClose();
  });

  it('sees the end of a server connection as well', async () => {
    const socket = await connectTo(app, '/echo');
    const [server] = board.connections;
    socket.send('x'.repeat(1001));
    await expectClose(socket, 1009, /maxMessageSize/);
    await expectClose(server!, 1009);
  });

  it('says which end it was', async () => {
    const socket = await connectTo(app, '/closes?code=1000&reason=bye');
    const error = await failureOf(expectClose(socket, 1008, /slow/));
    expect(error.message.split('\n')[0]).to.equal(
      'Expected the connection to close with 1008 (policy violation) and a reason that matches /slow/, but it closed with 1000 (normal closure) "bye".',
    );
    expect(error.actual).to.deep.equal({ code: 1000, reason: 'bye' });
    expect(error.expected).to.deep.equal({ code: 1008, reason: /slow/ });
    const [first] = await linesOf(expectClose(socket, undefined, 'good bye'));
    expect(first).to.equal(
      'Expected the connection to close with the reason "good bye", but it closed with 1000 (normal closure) "bye".',
    );
  });

  it('says why the connection was lost', async () => {
    const socket = await connectTo(app, '/echo');
    socket.faults.cut();
    const [first] = await linesOf(expectClose(socket, 1000));
    expect(first).to.equal(
      'Expected the connection to close with 1000 (normal closure), but it closed with 1006 (abnormal closure) (read ECONNRESET).',
    );
  });

  it('does not wait for ever, and tells of messages that nobody has taken', async () => {
    const socket = await says('a');
    await socket.ping();
    expect(await linesOf(expectClose(socket, 1000, undefined, { timeout: 5 }))).to.deep.equal([
      "Expected the connection to close with 1000 (normal closure), but it was still open after 5 ms (option 'timeout'), with messages that nobody has taken.",
      'Messages so far: none',
    ]);
  });

  it('refuses a code and a reason that are none', async () => {
    const socket = await connectTo(app, '/echo');
    const words = (promise: Promise<unknown>) => promise.catch((error) => error.message);
    expect(await words(expectClose(socket, '1000' as never))).to.match(/must be a number, as 1000, not "1000"/);
    expect(await words(expectClose(socket, 1000, 5 as never))).to.match(/must be a string or a RegExp, not 5/);
  });
});

describe('expectations under a fake clock', () => {
  it('have their own time', async () => {
    using clock = useFakeClock();
    const socket = await connectTo(app, '/echo');
    await failureOf(expectMessage(socket, 'a', { timeout: 5 }));
    await failureOf(expectClose(socket, 1000, undefined, { timeout: 5 }));
    expect(clock.pending).to.be.above(0);
  });
});
