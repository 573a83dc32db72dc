import { expect } from 'chai';
import type { RouteOptions } from '../../src/express/types';
import { MessageTooBigError, WebSocketError } from '../../src/protocol/errors';
import { Opcode } from '../../src/protocol/opcode';
import { closePayload, frameBytes } from '../support/raw-peer';
import { describeContract } from './support/contract';

interface Violation {
  of: string;
  /** What the client sends behind the handshake. */
  bytes: Buffer;
  code: number;
  options?: RouteOptions;
}

const masked = { masked: true };
const mask = [1, 2, 3, 4];

const violations: readonly Violation[] = [
  { of: 'an unmasked frame', bytes: frameBytes(Opcode.Text, 'x'), code: 1002 },
  { of: 'a reserved bit', bytes: Buffer.from([0xa1, 0x80, ...mask]), code: 1002 },
  { of: 'a compressed message that was not agreed on', bytes: Buffer.from([0xc1, 0x80, ...mask]), code: 1002 },
  { of: 'an unknown opcode', bytes: Buffer.from([0x83, 0x80, ...mask]), code: 1002 },
  { of: 'a fragmented ping', bytes: Buffer.from([0x09, 0x80, ...mask]), code: 1002 },
  { of: 'a ping of 126 bytes', bytes: Buffer.from([0x89, 0xfe, 0, 126, ...mask]), code: 1002 },
  { of: 'a continuation of nothing', bytes: frameBytes(Opcode.Continuation, 'x', masked), code: 1002 },
  {
    of: 'a message within another',
    bytes: Buffer.concat([
      frameBytes(Opcode.Text, 'x', { ...masked, fin: false }),
      frameBytes(Opcode.Text, 'y', masked),
    ]),
    code: 1002,
  },
  { of: 'a close code that must not be sent', bytes: frameBytes(Opcode.Close, closePayload(1005), masked), code: 1002 },
  { of: 'half a close code', bytes: frameBytes(Opcode.Close, Buffer.of(3), masked), code: 1002 },
  { of: 'HTTP', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'), code: 1002 },
  { of: 'text that is not UTF-8', bytes: frameBytes(Opcode.Text, Buffer.of(0xc3, 0x28), masked), code: 1007 },
  {
    of: 'text that is not UTF-8 in a later fragment',
    bytes: Buffer.concat([
      frameBytes(Opcode.Text, Buffer.of(0xf0, 0x9f), { ...masked, fin: false }),
      frameBytes(Opcode.Continuation, Buffer.of(0xff), { ...masked, fin: false }),
    ]),
    code: 1007,
  },
  {
    of: 'a close reason that is not UTF-8',
    bytes: frameBytes(Opcode.Close, closePayload(1000, Buffer.of(0xff)), masked),
    code: 1007,
  },
  {
    of: 'the header of a message of an exabyte',
    bytes: Buffer.from([0x82, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0, ...mask]),
    code: 1009,
  },
  {
    of: 'fragments that are too large together',
    bytes: Buffer.concat([
      frameBytes(Opcode.Binary, Buffer.alloc(600), { ...masked, fin: false }),
      frameBytes(Opcode.Continuation, Buffer.alloc(600), { ...masked, fin: false }),
    ]),
    code: 1009,
    options: { maxMessageSize: 1000 },
  },
  {
    of: 'too many fragments',
    bytes: Buffer.concat(Array(12).fill(frameBytes(Opcode.Binary, '', { ...masked, fin: false }))).fill(0x02, 0, 1),
    code: 1002,
    options: { maxFragments: 10 },
  },
];

describeContract('contract: limits and broken rules', (contract) => {
  for (const { of, bytes, code, options } of violations) {
    it(`${of} is answered with ${code} and the end`, async () => {
      const { server, peer } = await contract.withRawPeer(options);
      const errors: unknown[] = [];
      server.on('error', (error) => errors.push(error));
      // Whoever listens takes messages whole: so a large one is refused at once.
      server.on('message', () => {});
      peer.text('in order').write(bytes);
      const closing = await peer.closeFrame();
      expect(closing.code).to.equal(code);
      const closure = await server.closed;
      expect(closure).to.include({ code, reason: closing.reason, initiator: 'local' });
      expect(closure.cause).to.be.instanceOf(WebSocketError).with.property('fault', 'peer');
      await peer.until(() => peer.ended);
      expect(errors).to.deep.equal([closure.cause]);
      expect(peer.frames).to.have.length(1);
    });
  }

  for (const from of ['client', 'server'] as const) {
    const to = from === 'client' ? 'server' : 'client';

    it(`maxMessageSize of the ${to}: as much is taken, a byte more is 1009 at both ends`, async () => {
      const ends = await contract.pair({ [to]: { maxMessageSize: 100_000 } });
      const received: number[] = [];
      ends[to].on('message', (data) => received.push(data.length));
      ends[from].send(Buffer.alloc(100_000));
      ends[from].send(Buffer.alloc(100_001));
      ends[from].send('never read');
      const closure = await ends[to].closed;
      expect(closure).to.include({ code: 1009, initiator: 'local' });
      expect(closure.cause).to.be.instanceOf(MessageTooBigError).with.property('message').that.includes('100000');
      expect(await ends[from].closed).to.deep.equal({
        code: 1009,
        reason: closure.reason,
        initiator: 'remote',
        cause: null,
      });
      expect(received).to.deep.equal([100_000]);
    });
  }

  it('what comes behind a broken rule is not read', async () => {
    const { server, peer } = await contract.withRawPeer();
    const received: unknown[] = [];
    server.on('message', (data) => received.push(data));
    peer.text('one').write(Buffer.from([0x83, 0x00]));
    for (let i = 0; i < 100; i++) peer.text('x'.repeat(10_000));
    expect((await peer.closeFrame()).code).to.equal(1002);
    await server.closed;
    expect(received).to.deep.equal(['one']);
  });
});
