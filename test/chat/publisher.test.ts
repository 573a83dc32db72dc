import { expect } from 'chai';
import { ChatServer } from '../../src/chat/chat-server';
import { publisher } from '../../src/chat/publisher';
import { AdapterError, InvalidOptionError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { ChatClient } from '../support/chat-client';
import { FakeMember } from '../support/fake-member';
import { FlakyAdapter } from '../support/flaky-adapter';

describe('publisher()', () => {
  it('publishes to the rooms of a hub elsewhere', async () => {
    const broker = new MemoryBroker();
    const hub = new Hub({ adapter: memoryAdapter({ broker }), name: 'prices' });
    const member = new FakeMember();
    hub.join(member.asConnection, 'ACME');
    hub.join(member.asConnection, 'all');
    const prices = publisher(memoryAdapter({ broker }), { name: 'prices', history: false });
    await prices.to('ACME', 'all').confirm({ price: 1 });
    await prices.to('nobody').confirm('x');
    expect(member.texts).to.deep.equal(['{"price":1}']);
    await prices.close();
  });

  it('says something in a room of a chat, which is kept', async () => {
    const broker = new MemoryBroker();
    const server = new ChatServer('127.0.0.1', 0, { adapter: memoryAdapter({ broker }), name: 'support', history: 5 });
    await server.start();
    const client = await ChatClient.connect(server.address!.port);
    const joined = await client.join('general', 'Ann');
    const reports = publisher(memoryAdapter({ broker }), { name: 'support', history: 5 });
    const said = await reports.say('general', 'The report is ready', { from: 'Reports' });
    expect(said.offset).to.equal(1);
    const from = { id: 'Reports', name: 'Reports' };
    expect(await client.expect('message'))
      .to.include({ text: 'The report is ready', offset: 1 })
      .and.deep.include({ from });

    reports.to('general').publish({ type: 'notice' });
    expect(await client.next(), 'as it is').to.deep.equal({ type: 'notice' });
    const back = await ChatClient.connect(server.address!.port);
    back.send({ type: 'join', room: 'general', since: joined.position });
    const { missed, gap } = await back.expect('joined');
    expect((missed as object[]).map((message) => (message as { text: string }).text)).to.deep.equal([
      'The report is ready',
    ]);
    expect(gap).to.equal(false);
    await reports.close();
    await server.stop();
  });

  it('rejects, in words, when the broker does not take it', async () => {
    const adapter = new FlakyAdapter(new MemoryBroker());
    const news = publisher(adapter, { name: 'live', history: false, publishTimeout: 20 });
    adapter.goAway();
    const failures = await Promise.all([
      news.say('a', 'x').catch((error) => error),
      news
        .to('a')
        .confirm('x')
        .catch((error) => error),
    ]);
    for (const failure of failures) {
      expect(failure).to.be.instanceOf(AdapterError).with.property('code', 'UNAVAILABLE');
    }
    await news.close();
  });

  it('waits, when it is closed, until everything has gone out', async () => {
    const broker = new MemoryBroker();
    const adapter = new FlakyAdapter(broker);
    const hub = new Hub({ adapter: memoryAdapter({ broker }), name: 'live' });
    const member = new FakeMember();
    hub.join(member.asConnection, 'a');
    const news = publisher(adapter, { name: 'live', history: false });
    adapter.goAway();
    news.to('a').publish('x');
    const closing = news.close();
    adapter.comeBack();
    await closing;
    expect(member.texts).to.deep.equal(['x']);
  });

  it('tells its listeners what publish() could not bring, and ends no process', async () => {
    const adapter = new FlakyAdapter(new MemoryBroker());
    const news = publisher(adapter, { name: 'live', history: false, publishTimeout: 20 });
    const heard = new Promise<AdapterError>((resolve) => {
      news.on('error', resolve);
    });
    adapter.goAway();
    news.to('a').publish('x');
    void news.say('a', 'x');
    expect((await heard).code).to.equal('UNAVAILABLE');
    await news.close();
  });

  it('refuses what cannot be, in words', () => {
    const rooms = { name: 'live', history: false } as const;
    const make = () => publisher(memoryAdapter(), rooms);
    const refusals: Array<[() => unknown, string]> = [
      [() => publisher(undefined as never, rooms), 'publisher() needs an adapter, as redisAdapter(client)'],
      [() => publisher({} as never, rooms), 'not an object (Object)'],
      [
        () => publisher(memoryAdapter(), {} as never),
        "needs the option 'name': that of the rooms that it publishes to",
      ],
      [() => publisher(memoryAdapter(), { name: 'live' } as never), "needs the option 'history'"],
      [() => publisher(memoryAdapter(), { ...rooms, presenceTtl: 5 } as never), "Unknown option 'presenceTtl'"],
      [() => make().to(), 'to() needs the name of at least one room'],
      [() => make().say('', 'x'), 'A room name must not be empty'],
      [
        () => make().say('a', undefined),
        'say() takes a text, or data that has JSON of at most 100 levels, not undefined',
      ],
      [() => make().say('a', 'x', { from: 5 as never }), "Option 'from' must be a name, or { id, name }"],
      [() => make().on('errors' as never, () => {}), 'has the event \'error\', not "errors"'],
    ];
    for (const [call, words] of refusals) expect(call).to.throw(InvalidOptionError, words);
  });
});
