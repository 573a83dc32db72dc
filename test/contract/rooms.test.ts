import { once } from 'node:events';
import { expect } from 'chai';
import type { ConnectOptions } from '../../src/client/options';
import { type Contract, describeContract, type Ends } from './support/contract';

/** Members of a room; every second one of them compresses. */
async function members(contract: Contract, room: string, count: number): Promise<Ends[]> {
  const path = contract.route({ perMessageDeflate: { threshold: 0 } }, (socket) => {
    socket.join(room);
  });
  const joined: Ends[] = [];
  for (let i = 0; i < count; i++) {
    const connected = once(contract.board, 'connection');
    const options: ConnectOptions = { perMessageDeflate: i % 2 === 1 && { threshold: 0 } };
    const [client, [server]] = await Promise.all([contract.open(path, options), connected]);
    expect(client.extensions === '').to.equal(i % 2 === 0);
    joined.push({ client, server });
  }
  return joined;
}

async function hears(member: Ends, expected: readonly unknown[]): Promise<void> {
  for (const message of expected) expect(await member.client.receive()).to.deep.equal(message);
}

describeContract('contract: rooms', (contract) => {
  it('everyone in a room gets what is published, in order, compressed or not', async () => {
    const room = await members(contract, 'news', 30);
    const { hub } = contract.board;
    expect(hub.count('news')).to.equal(30);
    const published: unknown[] = [];
    for (let i = 0; i < 100; i++) published.push(`headline ${i} ${'and so on '.repeat(i)}`);
    published.push(Buffer.alloc(70_000, 7), '');
    for (const message of published) hub.to('news').publish(message);
    hub.to('news').publish({ goals: [1, 0] });
    await Promise.all(room.map((member) => hears(member, [...published, '{"goals":[1,0]}'])));
  });

  it('publishes and messages of a member itself come in the order of the calls', async () => {
    const room = await members(contract, 'mixed', 4);
    const { hub } = contract.board;
    for (let i = 0; i < 50; i++) {
      hub.to('mixed').publish(`to all ${i}`);
      for (const { server } of room) server.send(`to you ${i}`);
    }
    const expected = Array.from({ length: 50 }, (_, i) => [`to all ${i}`, `to you ${i}`]).flat();
    await Promise.all(room.map((member) => hears(member, expected)));
  });

  it('except leaves members out', async () => {
    const room = await members(contract, 'game', 6);
    const { hub } = contract.board;
    hub
      .to('game')
      .except(...room.slice(0, 2).map(({ server }) => server))
      .publish('for the others');
    hub.to('game').publish('for all');
    await Promise.all(room.map((member, i) => hears(member, i < 2 ? ['for all'] : ['for the others', 'for all'])));
  });

  it('who leaves gets nothing any more, and who closes or is cut leaves by itself', async () => {
    const room = await members(contract, 'hall', 4);
    const [leaving, closing, cut, staying] = room as [Ends, Ends, Ends, Ends];
    const { hub } = contract.board;
    leaving.server.leave('hall');
    closing.client.close(1000);
    cut.client.terminate();
    await Promise.all([closing.server.closed, cut.server.closed]);
    expect(hub.members('hall')).to.deep.equal([staying.server]);
    hub.to('hall').publish('who is here?');
    await hears(staying, ['who is here?']);
    leaving.server.send('the next for you');
    await hears(leaving, ['the next for you']);
  });

  it('a member that does not read is closed as a slow consumer, and the others get everything', async () => {
    const path = contract.route({ maxBufferedAmount: 300_000, closeTimeout: 50 }, (socket) => {
      socket.join('busy');
    });
    const slow = await contract.open(path);
    const [{ client: quick, server }] = (await members(contract, 'busy', 1)) as [Ends];
    const stalled = contract.board.hub.members('busy').find((member) => member !== server)!;
    slow.pause();
    let received = 0;
    quick.on('message', () => received++);
    let published = 0;
    for (; stalled.readyState === stalled.OPEN; published++) {
      expect(published).to.be.lessThan(2000);
      contract.board.hub.to('busy').publish(Buffer.alloc(50_000));
      await server.drained();
    }
    expect(await stalled.closed).to.include({ code: 1008, initiator: 'local' });
    await server.ping();
    expect(received).to.equal(published);
    expect(contract.board.hub.members('busy')).to.deep.equal([server]);
  });
});
