import { once } from 'node:events';
import { expect } from 'chai';
import {
  ConnectionClosedError,
  InvalidPayloadError,
  MessageTooBigError,
  ProtocolError,
} from '../../../src/protocol/errors';
import { Opcode } from '../../../src/protocol/opcode';
import { connectionOverRecording, connectionWithRawPeer, type Given } from '../../support/connection-with-raw-peer';
import { closePayload, frameBytes } from '../../support/raw-peer';
import { iteration } from '../../support/recording-transport';

const masked = { masked: true };
const unending = (opcode: Opcode, payload: string | Buffer) => frameBytes(opcode, payload, { ...masked, fin: false });

describe('WebSocketConnection: a peer that breaks the rules', () => {
  const cases: Array<
    [name: string, bytes: Buffer, code: number, error: new (...args: never[]) => Error, given?: Given]
  > = [
    ['sends a frame that is not masked', frameBytes(Opcode.Text, 'x'), 1002, ProtocolError],
    ['is a server and masks', frameBytes(Opcode.Text, 'x', masked), 1002, ProtocolError, { role: 'client' }],
    ['sets a reserved bit', frameBytes(Opcode.Text, 'x', { ...masked, rsv: 0x40 }), 1002, ProtocolError],
    ['uses a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002, ProtocolError],
    ['continues what has not begun', frameBytes(Opcode.Continuation, 'x', masked), 1002, ProtocolError],
    ['sends half a close code', frameBytes(Opcode.Close, Buffer.of(3), masked), 1002, ProtocolError],
    ['sends a close code that cannot be', frameBytes(Opcode.Close, closePayload(1005), masked), 1002, ProtocolError],
    ['fragments a ping', Buffer.from([0x09, 0x80, 0, 0, 0, 0]), 1002, ProtocolError],
    ['sends text that is not UTF-8', frameBytes(Opcode.Text, Buffer.of(0xff), masked), 1007, InvalidPayloadError],
    [
      'gives a reason that is not UTF-8',
      frameBytes(Opcode.Close, closePayload(1000, Buffer.of(0xc3)), masked),
      1007,
      InvalidPayloadError,
    ],
    ['announces 2^40 bytes', Buffer.from([0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 1009, MessageTooBigError],
    [
      'sends too much in fragments',
      Buffer.concat([unending(Opcode.Text, 'x'.repeat(60)), frameBytes(Opcode.Continuation, 'x'.repeat(60), masked)]),
      1009,
      MessageTooBigError,
      { options: { maxMessageSize: 100 } },
    ],
    [
      'sends too many empty fragments',
      Buffer.concat([unending(Opcode.Text, ''), ...Array(10).fill(unending(Opcode.Continuation, ''))]),
      1009,
      MessageTooBigError,
      { options: { maxFragments: 10 } },
    ],
  ];

  for (const [name, bytes, code, error, given] of cases) {
    it(`and ${name} gets ${code}`, async () => {
      const { connection, peer } = connectionWithRawPeer(given);
      const log: unknown[] = [];
      connection.on('error', (reason) => log.push(reason));
      connection.on('close', (closeCode) => log.push(closeCode));
      const whole = frameBytes(Opcode.Text, 'before', { masked: given?.role !== 'client' });
      peer.write(Buffer.concat([whole, bytes]));
      expect(await connection.receive()).to.equal('before');
      // A message that is too large fails the connection when it is known that nobody reads it in pieces.
      connection.on('message', (data) => log.push(data));
      const close = await peer.closeFrame();
      expect(close.code).to.equal(code);
      const closure = await connection.closed;
      expect(closure).to.include({ code, reason: close.reason, initiator: 'local' });
      expect(closure.cause).to.be.instanceOf(error);
      expect(close.reason).to.equal(closure.cause!.message);
      expect(log).to.deep.equal([closure.cause, code]);
      expect(connection.isClean).to.equal(false);
    });
  }

  it('needs no listener for it', async () => {
    const { connection, peer } = connectionWithRawPeer();
    peer.write(Buffer.from([0xff]));
    expect((await connection.closed).code).to.equal(1002);
  });

  it('is not heard any more, and what it still sends does not stay', async () => {
    const { connection, peer } = connectionWithRawPeer();
    const received: unknown[] = [];
    connection.on('message', (data) => received.push(data));
    peer.endsInTurn = false;
    peer.write(Buffer.from([0xff]));
    await peer.closeFrame();
    for (let i = 0; i < 100; i++) peer.text('x'.repeat(5000));
    peer.close(4000, 'excuse');
    for (let i = 0; i < 10; i++) await iteration();
    expect(peer.transport.writableLength).to.equal(0);
    peer.transport.end();
    expect(await connection.closed).to.include({ code: 1002, initiator: 'local' });
    expect(received).to.deep.equal([]);
  });

  it('is told of once, also when its transport breaks then', async () => {
    const { connection, transport } = connectionOverRecording();
    const errors: unknown[] = [];
    connection.on('error', (error) => errors.push(error));
    transport.push(Buffer.from([0xff]));
    await iteration();
    transport.destroy(new Error('write EPIPE'));
    const { cause } = await connection.closed;
    expect(errors).to.deep.equal([cause]);
    expect(cause).to.be.instanceOf(ProtocolError);
  });

  it('and breaks another one while we close has its code in the summary', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.close(1000);
    peer.write(Buffer.from([0xff]));
    expect(await connection.closed).to.include({ code: 1002, initiator: 'local' });
    expect(peer.frames).to.have.length(1);
  });

  it('is failed also where reading is paused in the same chunk', async () => {
    const { connection, peer } = connectionWithRawPeer();
    connection.on('message', () => connection.pause());
    peer.write(Buffer.concat([frameBytes(Opcode.Text, 'a', masked), Buffer.from([0xff])]));
    await iteration();
    await iteration();
    expect(connection.readyState).to.equal(connection.OPEN);
    connection.resume();
    expect((await connection.closed).code).to.equal(1002);
  });

  it('cuts long reasons between characters', async () => {
    const { connection, peer } = connectionWithRawPeer();
    class Wordy extends ProtocolError {}
    Object.defineProperty(Wordy, 'name', { value: 'ProtocolError' });
    connection.receivedViolation(new Wordy(`${'x'.repeat(118)}${'é'.repeat(50)}`, { code: 'TEST' }));
    const { code, reason } = await peer.closeFrame();
    expect(code).to.equal(1002);
    expect(reason).to.equal(`${'x'.repeat(118)}é…`);
  });
});

describe('WebSocketConnection: an application that fails', () => {
  const ways: Array<[name: string, listen: (connection: ReturnType<typeof failing>['connection']) => void]> = [
    ['throws in a listener', (c) => c.on('message', () => thrown())],
    ['rejects in an async listener', (c) => c.on('message', async () => thrown())],
    ['throws in addEventListener', (c) => c.addEventListener('message', () => thrown())],
    ['rejects in onmessage', (c) => (c.onmessage = async () => thrown())],
    ["throws in a 'ping' listener", (c) => c.on('ping', () => thrown())],
    ['throws in a callback of send()', (c) => c.on('message', () => c.send('x', () => thrown()))],
  ];
  const thrown = () => {
    throw new Error('secret detail');
  };
  const failing = () => {
    const errors: unknown[] = [];
    const onError = (error: unknown, on: unknown) => errors.push([(error as Error).message, on]);
    return { ...connectionWithRawPeer({ init: { onError } }), errors };
  };

  for (const [name, listen] of ways) {
    it(`and ${name} closes 1011 without a detail on the wire, and is reported`, async () => {
      const { connection, peer, errors } = failing();
      listen(connection);
      peer.send(Opcode.Ping, '!').text('a');
      expect(await peer.closeFrame()).to.deep.equal({ code: 1011, reason: '' });
      const closure = await connection.closed;
      expect(closure).to.include({ code: 1011, reason: '', initiator: 'local' });
      expect(closure.cause).to.have.property('message', 'secret detail');
      expect(errors).to.deep.equal([['secret detail', connection]]);
    });
  }

  it("throws in a 'close' or 'drain' listener, or one for errors: is reported and harmless", async () => {
    const { connection, peer, errors } = failing();
    connection.on('error', () => thrown());
    connection.on('close', () => thrown());
    peer.write(Buffer.from([0xff]));
    await connection.closed;
    await iteration();
    expect(errors).to.have.length(2);
    expect((await connection.closed).code).to.equal(1002);
  });

  it('hears no message behind the one that it failed at', async () => {
    const { connection, peer } = failing();
    let calls = 0;
    connection.on('message', () => {
      calls++;
      throw new Error('mine');
    });
    await iteration();
    peer.text('a', 'b', 'c');
    await connection.closed;
    expect(calls).to.equal(1);
  });

  for (const value of [undefined, null, 'words', 5, Symbol('x'), Object.create(null), { toString: null }]) {
    it(`and throws what is no error survives: ${typeof value}`, async () => {
      const errors: unknown[] = [];
      const { connection, peer } = connectionWithRawPeer({ init: { onError: (error) => errors.push(error) } });
      connection.on('message', () => {
        throw value;
      });
      peer.text('a');
      expect((await peer.closeFrame()).code).to.equal(1011);
      expect((await connection.closed).cause).to.be.instanceOf(Error);
      expect(errors).to.deep.equal([value]);
    });
  }

  it('also survives what its onError throws', async () => {
    const printed: unknown[] = [];
    const { error: original } = console;
    console.error = (...args: unknown[]) => printed.push(...args);
    try {
      const onError = () => {
        throw new Error('worse');
      };
      const { connection, peer } = connectionWithRawPeer({ init: { onError } });
      connection.on('message', () => thrown());
      peer.text('a');
      await connection.closed;
    } finally {
      console.error = original;
    }
    expect(printed.map((error) => (error as Error).message)).to.deep.equal(['secret detail', 'worse']);
  });

  it('is printed where nobody takes its errors', async () => {
    const printed: unknown[] = [];
    const { error: original } = console;
    console.error = (...args: unknown[]) => printed.push(...args);
    try {
      const { connection, peer } = connectionWithRawPeer();
      // As for a connection that was made without `onError`.
      Object.assign(connection, { onError: undefined });
      connection.on('message', () => thrown());
      peer.text('a');
      await connection.closed;
    } finally {
      console.error = original;
    }
    expect(printed).to.have.length(1);
  });

  it('in its handler is told by failWith()', async () => {
    const { connection, peer, errors } = failing();
    connection.failWith(new Error('handler'));
    connection.openGate();
    expect((await peer.closeFrame()).code).to.equal(1011);
    expect(errors).to.deep.equal([['handler', connection]]);
  });

  it('because the connection was lost while it waited has made no mistake', async () => {
    const { connection, errors } = failing();
    const waiting = connection.receive().catch((error) => connection.failWith(error));
    connection.terminate();
    await waiting;
    expect(errors).to.deep.equal([]);
    connection.failWith(new ConnectionClosedError('of another connection'));
    expect(errors).to.deep.equal([]);
  });

  it('after the close is still reported', async () => {
    const { connection, peer, errors } = failing();
    peer.close(1000);
    await connection.closed;
    connection.failWith(new Error('late'));
    expect(errors).to.have.length(1);
    expect((await connection.closed).code).to.equal(1000);
  });

  it('does not harm the other connections', async () => {
    const one = failing();
    const other = connectionWithRawPeer();
    one.connection.on('message', () => thrown());
    other.connection.on('message', (data) => other.connection.send(data));
    one.peer.text('a');
    other.peer.text('b');
    await one.peer.closeFrame();
    expect(String((await other.peer.frame(0)).payload)).to.equal('b');
    other.peer.close(1000);
    await once(other.connection, 'close');
  });
});
