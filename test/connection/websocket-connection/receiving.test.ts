import { expect } from 'chai';
import { ConnectionClosedError, InvalidOptionError, InvalidStateError } from '../../../src/protocol/errors';
import { connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { iteration } from '../../support/recording-transport';

const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error) => error);

describe('WebSocketConnection: receive()', () => {
  it('waits for the next message, and takes what has come', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const waiting = connection.receive();
    peer.text('a', 'b');
    expect(await waiting).to.equal('a');
    expect(await connection.receive()).to.equal('b');
  });

  it('serves several that wait in their order', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const all = Promise.all([connection.receive(), connection.receive(), connection.receive()]);
    peer.text('a', 'b', 'c', 'd');
    expect(await all).to.deep.equal(['a', 'b', 'c']);
    expect(await connection.receive()).to.equal('d');
  });

  it('gives null when time is up, and the message to the next one', async () => {
    const { connection, peer } = connectionWithRawPeer();
    expect(await connection.receive({ timeout: 2 })).to.equal(null);
    peer.text('late');
    expect(await connection.receive({ timeout: 10_000 })).to.equal('late');
  });

  it('loses nothing between two calls after the gate is open', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('1');
    expect(await connection.receive()).to.equal('1');
    connection.openGate();
    peer.text('2', '3');
    for (let i = 0; i < 4; i++) await iteration();
    expect(await connection.receive()).to.equal('2');
    expect(await connection.receive()).to.equal('3');
  });

  it('that was called long ago does not keep the end from being seen', async () => {
    for (const opensFirst of [true, false]) {
      const { connection, peer } = connectionWithRawPeer();
      peer.text('hello');
      expect(await connection.receive()).to.equal('hello');
      if (opensFirst) connection.openGate();
      const ended = connection.closed;
      for (let i = 0; i < 40; i++) peer.text('x'.repeat(8 * 1024));
      await iteration();
      if (!opensFirst) connection.openGate();
      peer.close(1000);
      expect(await ended).to.include({ code: 1000, initiator: 'remote' });
    }
  });

  it('closed is one promise, however often it is asked for', () => {
    const { connection } = connectionWithRawPeer();
    expect(connection.closed).to.equal(connection.closed);
  });

  it('refuses a timeout that cannot be, and a misspelt one', async () => {
    const { connection } = connectionWithRawPeer();
    for (const timeout of [0, -1, Number.NaN, 2 ** 31, '5', null]) {
      const error = await failure(connection.receive({ timeout: timeout as number }));
      expect(error).to.be.instanceOf(InvalidOptionError).with.property('message').that.contains("'timeout' must be");
    }
    const error = await failure(connection.receive({ timeuot: 5 } as never));
    expect(error.message).to.equal("Unknown option 'timeuot' in receive(). Did you mean 'timeout'?");
  });

  it("refuses to compete with 'message' listeners", async () => {
    const { connection } = connectionWithRawPeer();
    connection.on('message', () => {});
    expect(await failure(connection.receive())).to.be.instanceOf(InvalidStateError);
    expect(await failure(connection.messages().next())).to.be.instanceOf(InvalidStateError);
  });

  it('rejects when the connection closes before, with what is known of why', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const waiting = [failure(connection.receive()), failure(connection.receive({ timeout: 60_000 }))];
    peer.close(4001, 'kicked');
    for (const error of await Promise.all(waiting)) {
      expect(error).to.be.instanceOf(ConnectionClosedError);
      expect(error.message).to.equal(
        'receive(): the connection is closed: received 4001 (application) "kicked", ' +
          'then sent 4001 (application) "kicked"',
      );
    }
  });

  it('rejects with the cause where something went wrong', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const waiting = failure(connection.receive());
    peer.write(Buffer.from([0xff]));
    const error = await waiting;
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect(error.cause).to.have.property('code', 'RESERVED_BITS');
  });

  it('that nobody awaits any more does not end the process', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listen);
    const { connection } = connectionWithRawPeer();
    void connection.receive();
    void connection.ping();
    connection.terminate();
    void connection.receive();
    void connection.ping();
    void connection.drained();
    await connection.closed;
    void connection.ping();
    void connection.receive();
    void connection.drained();
    await iteration();
    await iteration();
    process.off('unhandledRejection', listen);
    expect(unhandled).to.deep.equal([]);
  });
});

describe('WebSocketConnection: messages()', () => {
  it('gives all messages, also those that came before, and ends with a close in order', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b');
    await iteration();
    setImmediate(() => peer.text('c').close(1000));
    const received: unknown[] = [];
    for await (const message of connection.messages()) received.push(message);
    expect(received).to.deep.equal(['a', 'b', 'c']);
  });

  it('gives what has come before it ends, though the loop is slow', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b', 'c').close(1000);
    const received: unknown[] = [];
    for await (const message of connection.messages()) {
      await iteration();
      await iteration();
      received.push(message);
    }
    expect(received).to.deep.equal(['a', 'b', 'c']);
  });

  it('throws when the connection is lost', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a');
    const received: unknown[] = [];
    let error: unknown;
    try {
      for await (const message of connection.messages()) {
        received.push(message);
        peer.transport.end();
      }
    } catch (thrown) {
      error = thrown;
    }
    expect(received).to.deep.equal(['a']);
    expect(error).to.be.instanceOf(ConnectionClosedError);
    expect((error as Error).message).to.contain('no close frame was sent or received');
  });

  it('can be left, and taken up again, without a loss while the handler runs', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b', 'c', 'd');
    const received: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      for await (const message of connection.messages()) {
        received.push(message);
        if (received.length % 2 === 0) break;
      }
      await iteration();
    }
    expect(received).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('leaves the messages to a listener after it was left', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b');
    for await (const message of connection.messages()) {
      expect(message).to.equal('a');
      break;
    }
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    peer.text('c');
    for (let i = 0; i < 3; i++) await iteration();
    expect(received).to.deep.equal(['b', 'c']);
  });

  it('does not pile up messages that nobody takes after it was left and the gate is open', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.text('a', 'b');
    connection.openGate();
    for await (const _ of connection.messages()) break;
    for (let i = 0; i < 100; i++) peer.text('x'.repeat(5000));
    peer.close(1000);
    expect((await connection.closed).code).to.equal(1000);
  });

  it('ends for two that iterate at the same time, each message going to one of them', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const received: unknown[] = [];
    const loop = async () => {
      for await (const message of connection.messages()) received.push(message);
    };
    const loops = [loop(), loop()];
    peer.text('a', 'b', 'c', 'd').close(1000);
    await Promise.all(loops);
    expect(received.sort()).to.deep.equal(['a', 'b', 'c', 'd']);
  });
});
