import { once } from 'node:events';
import { expect } from 'chai';
import { connectionDefaults } from '../../../src/connection/options';
import { WebSocketConnection } from '../../../src/connection/websocket-connection';
import { ConnectionClosedError, InvalidOptionError, TimeoutError } from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { createConnectionPair } from '../../support/connection-pair';
import { connectionOverRecording, connectionWithRawPeer } from '../../support/connection-with-raw-peer';
import { framesOf } from '../../support/raw-peer';
import { iteration, RecordingTransport } from '../../support/recording-transport';

const init = { role: 'server', options: { ...connectionDefaults, pingInterval: false, closeTimeout: 10 } } as const;

describe('WebSocketConnection: the closing handshake', () => {
  for (const initiator of ['server', 'client'] as const) {
    const other = initiator === 'server' ? 'client' : 'server';

    it(`begun by the ${initiator}: both know code, reason and who began`, async () => {
      const pair = createConnectionPair();
      const states: number[] = [pair[initiator].readyState];
      const events: unknown[][] = [];
      pair.server.on('close', (...args) => events.push(args));
      pair.client.on('close', (...args) => events.push(args));
      pair[initiator].close(4000, 'bye');
      states.push(pair[initiator].readyState);
      const mine = await pair[initiator].closed;
      states.push(pair[initiator].readyState);
      const theirs = await pair[other].closed;
      expect(mine).to.deep.equal({ code: 4000, reason: 'bye', initiator: 'local', cause: null });
      expect(theirs).to.deep.equal({ code: 4000, reason: 'bye', initiator: 'remote', cause: null });
      expect(states).to.deep.equal([1, 2, 3]);
      await iteration();
      expect(events).to.deep.equal([
        [4000, 'bye'],
        [4000, 'bye'],
      ]);
      expect(pair[initiator].isClean && pair[other].isClean).to.equal(true);
    });
  }

  it('may be begun by both at the same time', async () => {
    const { server, client } = createConnectionPair();
    server.close(1001, 'restart');
    client.close(1000, 'done');
    expect(await server.closed).to.deep.equal({ code: 1000, reason: 'done', initiator: 'local', cause: null });
    expect(await client.closed).to.deep.equal({ code: 1001, reason: 'restart', initiator: 'local', cause: null });
  });

  it('without a code is 1005 at both ends, and an empty frame on the wire', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.close();
    expect((await peer.frame(0)).payload).to.have.length(0);
    peer.close();
    expect(await connection.closed).to.include({ code: 1005, reason: '', cause: null });
  });

  it("answers the peer's code and reason with the same, once", async () => {
    for (const role of ['server', 'client'] as const) {
      const { connection, peer } = connectionWithRawPeer({ role });
      peer.close(3000, 'grüße');
      expect(await peer.closeFrame()).to.deep.equal({ code: 3000, reason: 'grüße' });
      if (role === 'client') peer.transport.end();
      await connection.closed;
      expect(peer.frames).to.have.length(1);
    }
  });

  it('sends what was said before, then the close frame', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.send('last words');
    connection.close(1000);
    connection.send('too late');
    await peer.closeFrame();
    expect(peer.frames.map(({ opcode }) => opcode)).to.deep.equal([Opcode.Text, Opcode.Close]);
  });

  it('is ended by the server first; the client waits for it', async () => {
    const server = connectionWithRawPeer({ role: 'server' });
    server.peer.close(1000);
    await server.peer.until(() => server.peer.ended);

    const client = connectionWithRawPeer({ role: 'client' });
    client.connection.close(1000);
    client.peer.close(1000);
    for (let i = 0; i < 5; i++) await iteration();
    expect(client.peer.ended).to.equal(false);
    expect(client.connection.readyState).to.equal(client.connection.CLOSING);
    client.peer.transport.end();
    await client.connection.closed;
  });

  it('delivers messages that come before the answer, and none behind it', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    connection.close(1000);
    peer.text('under way').close(1000).text('behind the close').send(Opcode.Ping, 'no');
    await connection.closed;
    expect(received).to.deep.equal(['under way']);
    expect(peer.frames).to.have.length(1);
  });

  it('ignores a second close()', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.close(4001, 'first');
    connection.close(4002, 'second');
    peer.close(4001);
    await connection.closed;
    connection.close(4003);
    expect(peer.frames).to.have.length(1);
    expect(await peer.closeFrame()).to.deep.equal({ code: 4001, reason: 'first' });
  });

  it('takes the reason as bytes as well, and null for none', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.close(1000, Buffer.from('bytes'));
    expect(await peer.closeFrame()).to.deep.equal({ code: 1000, reason: 'bytes' });
    const other = connectionWithRawPeer();
    other.connection.close(1000, null as never);
    expect(await other.peer.closeFrame()).to.deep.equal({ code: 1000, reason: '' });
  });

  for (const code of [1005, 1006, 1015, 1004, 999, 0, 2999, 5000, 1000.5, Number.NaN, '1000', null]) {
    it(`refuses close(${code}) in words, and stays open`, () => {
      const { connection } = connectionWithRawPeer();
      expect(() => connection.close(code as number))
        .to.throw(InvalidOptionError, /^Close code .* must not be sent: use 1000/)
        .with.property('code', 'INVALID_CLOSE_CODE');
      expect(connection.readyState).to.equal(connection.OPEN);
    });
  }

  it('refuses a reason that is too long, of the wrong type, or without a code', () => {
    const { connection } = connectionWithRawPeer();
    expect(() => connection.close(1000, 'é'.repeat(62))).to.throw(
      InvalidOptionError,
      '123 bytes of UTF-8, this one has 124',
    );
    expect(() => connection.close(undefined, 'reason')).to.throw(InvalidOptionError, 'needs a close code before it');
    expect(() => connection.close(1000, 5 as never)).to.throw(InvalidOptionError, 'must be a string, not 5');
    expect(() => connection.close(1000, { a: 1 } as never)).to.throw(InvalidOptionError, 'must be a string');
    expect(connection.readyState).to.equal(connection.OPEN);
    connection.close(1000, 'é'.repeat(61));
  });

  it('is cut after closeTimeout when the peer does not answer', async () => {
    const { connection } = connectionWithRawPeer({ options: { closeTimeout: 10 } });
    connection.close(1000);
    const closure = await connection.closed;
    expect(closure).to.include({ code: 1006, reason: '', initiator: 'local' });
    expect(closure.cause).to.be.instanceOf(TimeoutError).with.property('code', 'CLOSE_TIMEOUT');
    expect(closure.cause!.message).to.equal('The closing handshake took longer than closeTimeout (10 ms)');
  });

  it('is in order when the peer says goodbye, and only leaves its transport open', async () => {
    const { connection, peer } = connectionWithRawPeer({ options: { closeTimeout: 10 } });
    peer.endsInTurn = false;
    peer.close(1000);
    expect(await connection.closed).to.deep.equal({ code: 1000, reason: '', initiator: 'remote', cause: null });
  });

  it('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const { server, client } = createConnectionPair({ closeTimeout: 2 ** 31 - 1 });
    // The test runner sets a timer of its own when it sees that the test is asynchronous.
    await iteration();
    const before = timers();
    server.close(1000);
    expect(timers()).to.equal(before + 1);
    await Promise.all([server.closed, client.closed]);
    expect(timers()).to.equal(before);
  });
});

describe('WebSocketConnection: after the close', () => {
  it('send() is false, and the callback gets a ConnectionClosedError', async () => {
    const { server, client } = createConnectionPair();
    for (const expected of ['CLOSING', 'CLOSED'] as const) {
      server.close(1000);
      expect(server.readyState).to.equal(server[expected]);
      const error = await new Promise((resolve) => {
        expect(server.send('x', resolve)).to.equal(false);
      });
      expect(error).to.be.instanceOf(ConnectionClosedError).with.property('code', 'CONNECTION_CLOSED');
      expect(server.send('x')).to.equal(false);
      await client.closed;
      await server.closed;
    }
  });

  it('ping() rejects, pong() and the others do nothing', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.close(1000);
    await connection.closed;
    const error = await connection.ping().catch((reason) => reason);
    expect(error).to.be.instanceOf(ConnectionClosedError);
    connection.pong();
    connection.terminate();
    connection.pause();
    connection.resume();
    connection.openGate();
    connection.close(1000);
    await iteration();
    expect(peer.frames).to.have.length(1);
  });

  it('closed resolves again and again with the same', async () => {
    const { server, client } = createConnectionPair();
    server.close(1000);
    const [one, two] = await Promise.all([client.closed, client.closed]);
    expect(one).to.deep.equal(two);
    expect(await client.closed).to.deep.equal(one);
  });

  it('whenClosed() calls back once, at once when it is closed, whatever the callback does', async () => {
    const errors: unknown[] = [];
    const { connection, peer } = connectionWithRawPeer({ init: { onError: (error) => errors.push(error) } });
    const log: string[] = [];
    connection.whenClosed(() => {
      log.push('first');
      throw new Error('mine');
    });
    connection.whenClosed((closed) => log.push(`second ${closed === connection}`));
    connection.on('close', () => log.push('close'));
    peer.close(1000);
    await once(connection, 'close');
    connection.whenClosed(() => log.push('late'));
    expect(log).to.deep.equal(['first', 'second true', 'close', 'late']);
    expect(errors).to.have.length(1);
  });
});

describe('WebSocketConnection: ends without a closing handshake', () => {
  it('terminate() cuts at once: 1006 at both ends', async () => {
    const { server, client } = createConnectionPair();
    server.terminate();
    expect(server.readyState).to.equal(server.CLOSING);
    expect(await server.closed).to.deep.equal({ code: 1006, reason: '', initiator: 'local', cause: null });
    expect(server.readyState).to.equal(server.CLOSED);
    expect(await client.closed).to.deep.equal({ code: 1006, reason: '', initiator: 'remote', cause: null });
  });

  it('terminate() in a listener is the end of its messages', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const received: unknown[] = [];
    connection.on('message', (data) => {
      received.push(data);
      connection.terminate();
    });
    peer.text('a', 'b', 'c');
    await connection.closed;
    await iteration();
    expect(received).to.deep.equal(['a']);
  });

  it('terminate() ends a closing handshake that takes too long for somebody', async () => {
    const { connection } = connectionWithRawPeer();
    connection.close(1000);
    connection.terminate();
    expect(await connection.closed).to.include({ code: 1006, initiator: 'local', cause: null });
  });

  for (const role of ['server', 'client'] as const) {
    it(`a transport that ends without a close frame is 1006 for a ${role}`, async () => {
      const { connection, peer } = connectionWithRawPeer({ role });
      peer.text('cut').write(Buffer.from([0x81]));
      peer.transport.end();
      expect(await connection.closed).to.deep.equal({ code: 1006, reason: '', initiator: 'remote', cause: null });
      expect(await connection.receive()).to.equal('cut');
    });
  }

  it('what was said is still sent when the peer has ended its side', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.on('message', () => connection.send('answer'));
    await iteration();
    peer.text('question');
    peer.transport.end();
    await connection.closed;
    await peer.frame(0);
    expect(peer.frames.map(({ payload }) => String(payload))).to.deep.equal(['answer']);
  });

  it('a transport error is told, then the close: 1006 with the cause', async () => {
    const { connection, transport } = connectionOverRecording();
    const log: unknown[] = [];
    connection.on('error', (error) => log.push(error));
    connection.on('close', (code) => log.push(code));
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    transport.destroy(reset);
    expect(await connection.closed).to.deep.equal({ code: 1006, reason: '', initiator: 'remote', cause: reset });
    expect(log).to.deep.equal([reset, 1006]);
  });

  it('a transport error that nobody listens for is harmless', async () => {
    const { connection, transport } = connectionOverRecording();
    transport.destroy(new Error('read ECONNRESET'));
    expect(await connection.closed).to.have.property('code', 1006);
  });

  it('a transport that only tells its error is closed', async () => {
    const { connection, transport } = connectionOverRecording();
    transport.emit('error', new Error('broken'));
    expect((await connection.closed).cause).to.have.property('message', 'broken');
    expect(transport.destroyed).to.equal(true);
  });

  it('a transport error after both have said goodbye is no news', async () => {
    const { connection, peer } = connectionWithRawPeer({ role: 'client' });
    let errors = 0;
    connection.on('error', () => errors++);
    connection.close(1000);
    peer.close(1000);
    await peer.closeFrame();
    await iteration();
    connection.transportError(new Error('read ECONNRESET'));
    peer.transport.end();
    expect(await connection.closed).to.deep.equal({ code: 1000, reason: '', initiator: 'local', cause: null });
    expect(errors).to.equal(0);
  });

  it('a transport that was destroyed, or had ended, before it became a connection is closed', async () => {
    const destroyed = new RecordingTransport();
    destroyed.destroy();
    await once(destroyed, 'close');
    expect(await new WebSocketConnection(destroyed, init).closed).to.include({ code: 1006, initiator: 'remote' });

    const ended = new RecordingTransport();
    ended.push(null);
    ended.resume();
    await once(ended, 'end');
    expect(await new WebSocketConnection(ended, init).closed).to.include({ code: 1006, initiator: 'remote' });
  });

  it('writes what waits before it is cut', async () => {
    const { connection, transport } = connectionOverRecording();
    connection.send('last words');
    connection.terminate();
    await connection.closed;
    expect(framesOf(transport.bytes)).to.have.length(1);
  });
});
