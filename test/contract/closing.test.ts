import { expect } from 'chai';
import { ConnectionClosedError, TimeoutError } from '../../src/protocol/errors';
import { Opcode } from '../../src/protocol/opcode';
import { Contract, describeContract } from './support/contract';
import { transports } from './support/transports';

describeContract('contract: closing', (contract) => {
  const { whenCut, whenEnded } = contract.transport;

  for (const from of ['client', 'server'] as const) {
    const to = from === 'client' ? 'server' : 'client';

    describe(`begun by the ${from}`, () => {
      it('tells both ends code and reason, behind the messages', async () => {
        const ends = await contract.pair();
        ends[from].send('last words');
        ends[from].close(4001, 'grüße');
        const closure = { code: 4001, reason: 'grüße', cause: null };
        expect(await ends[from].closed).to.deep.equal({ ...closure, initiator: 'local' });
        expect(await ends[to].closed).to.deep.equal({ ...closure, initiator: 'remote' });
        expect(await ends[to].receive()).to.equal('last words');
      });

      it('has 1005 where there was no code', async () => {
        const ends = await contract.pair();
        ends[from].close();
        expect(await ends[to].closed).to.include({ code: 1005, reason: '', initiator: 'remote', cause: null });
        expect(await ends[from].closed).to.include({ code: 1005, reason: '', initiator: 'local', cause: null });
      });

      it('has the longest reason there may be', async () => {
        const ends = await contract.pair();
        ends[from].close(3000, 'x'.repeat(123));
        expect(await ends[to].closed).to.include({ code: 3000, reason: 'x'.repeat(123) });
      });

      it('still gets what the other end has sent before', async () => {
        const ends = await contract.pair();
        for (let i = 0; i < 10; i++) ends[to].send(`message ${i}`);
        ends[from].close(1000);
        const received: unknown[] = [];
        for await (const message of ends[from].messages()) received.push(message);
        expect(received).to.have.length(10);
        expect(await ends[from].closed).to.include({ code: 1000, cause: null });
      });

      it('sends nothing any more, and says so', async () => {
        const ends = await contract.pair();
        ends[from].close(1000);
        let told: unknown;
        expect(ends[from].send('too late', (error) => (told = error))).to.equal(false);
        await ends[from].closed;
        expect(told).to.be.instanceOf(ConnectionClosedError);
        await ends[to].closed;
        const error = await ends[to].receive().catch((reason) => reason);
        expect(error).to.be.instanceOf(ConnectionClosedError);
      });

      it('by terminate() is 1006 at both ends', async () => {
        const ends = await contract.pair();
        ends[from].terminate();
        expect(await ends[from].closed).to.deep.equal({ code: 1006, reason: '', initiator: 'local', cause: null });
        const { cause, ...closure } = await ends[to].closed;
        expect(closure).to.deep.equal({ code: 1006, reason: '', initiator: 'remote' });
        expect((cause as { code?: string } | null)?.code).to.equal(whenCut);
        const error = await ends[to].receive().catch((reason) => reason);
        expect(error).to.be.instanceOf(ConnectionClosedError);
      });

      it('by terminate() in the midst of a large message is 1006 at both ends', async () => {
        const ends = await contract.pair();
        let received = 0;
        ends[to].on('message', () => received++);
        ends[from].send(Buffer.alloc(300_000), { fin: false });
        await ends[from].ping();
        ends[from].send(Buffer.alloc(600_000), { fin: false });
        ends[from].terminate();
        expect(await ends[from].closed).to.include({ code: 1006, initiator: 'local', cause: null });
        expect(await ends[to].closed).to.include({ code: 1006, initiator: 'remote' });
        expect(ends[from].bufferedAmount).to.equal(0);
        expect(received).to.equal(0);
      });
    });
  }

  it('begun by both at once has the code of the other', async () => {
    const { server, client } = await contract.pair();
    server.close(4001, 'from the server');
    client.close(4002, 'from the client');
    expect(await server.closed).to.include({ code: 4002, reason: 'from the client', initiator: 'local', cause: null });
    expect(await client.closed).to.include({ code: 4001, reason: 'from the server', initiator: 'local', cause: null });
  });

  it('by an error of the handler is 1011, with no detail', async () => {
    const mistake = new Error('a mistake in the application');
    const path = contract.route({}, () => {
      throw mistake;
    });
    const client = await contract.open(path);
    expect(await client.closed).to.deep.equal({ code: 1011, reason: '', initiator: 'remote', cause: null });
    expect(contract.thrown.splice(0)).to.deep.equal([mistake]);
  });

  it('by a peer that answers, and leaves the transport to the server', async () => {
    const { server, peer } = await contract.withRawPeer();
    peer.endsInTurn = false;
    server.close(4001, 'away');
    expect(await peer.closeFrame()).to.deep.equal({ code: 4001, reason: 'away' });
    peer.close(4001);
    await peer.until(() => peer.ended);
    peer.transport.end();
    expect(await server.closed).to.deep.equal({ code: 4001, reason: '', initiator: 'local', cause: null });
  });

  it('without a close frame is 1006, though the peer ends its half in order', async () => {
    const { server, peer } = await contract.withRawPeer();
    peer.text('last words');
    peer.transport.end();
    const { cause, ...closure } = await server.closed;
    expect(closure).to.deep.equal({ code: 1006, reason: '', initiator: 'remote' });
    expect((cause as { code?: string } | null)?.code).to.equal(whenEnded);
    expect(await server.receive()).to.equal('last words');
  });

  it('in the midst of a frame is 1006', async () => {
    const { server, peer } = await contract.withRawPeer();
    peer.write(Buffer.from([0x82, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 5]));
    peer.transport.end();
    expect(await server.closed).to.include({ code: 1006, initiator: 'remote' });
  });

  it('of a peer that does not answer is cut after closeTimeout', async () => {
    const { server, peer } = await contract.withRawPeer({ closeTimeout: 50 });
    server.close(1000);
    const closure = await server.closed;
    expect(closure).to.include({ code: 1006, initiator: 'local' });
    expect(closure.cause).to.be.instanceOf(TimeoutError).with.property('code', 'CLOSE_TIMEOUT');
    await peer.until(() => peer.closed);
    expect(peer.frames.map(({ opcode }) => opcode)).to.deep.equal([Opcode.Close]);
  });

  it('of a peer that says goodbye and never ends the transport is cut after closeTimeout, and in order', async () => {
    const { server, peer } = await contract.withRawPeer({ closeTimeout: 50 });
    peer.endsInTurn = false;
    peer.close(1000, 'bye');
    expect(await server.closed).to.deep.equal({ code: 1000, reason: 'bye', initiator: 'remote', cause: null });
    await peer.until(() => peer.ended);
  });
});

for (const transport of transports) {
  describe(`contract: closing a board (${transport.name})`, () => {
    const contract = Contract.use(transport);

    it('tells each WebSocket 1001, cuts who does not answer, and lets nobody in', async () => {
      const pairs = await Promise.all(Array.from({ length: 20 }, () => contract.pair()));
      const { server, peer } = await contract.withRawPeer();
      const began = performance.now();
      await contract.board.close({ reason: 'deploy', timeout: 100 });
      expect(performance.now() - began).to.be.within(90, 5000);
      for (const { client } of pairs) {
        const closure = { code: 1001, reason: 'deploy', initiator: 'remote', cause: null };
        expect(await client.closed).to.deep.equal(closure);
      }
      expect(await peer.closeFrame()).to.deep.equal({ code: 1001, reason: 'deploy' });
      await peer.until(() => peer.closed);
      expect((await server.closed).code).to.equal(1006);
      expect(contract.board.connections.size).to.equal(0);
    });
  });
}
