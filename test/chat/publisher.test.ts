import { expect } from 'chai';
import { ChatServer } from '../../src/chat/chat-server';
import { type PublisherOptions, publisher } from '../../src/chat/publisher';
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
    const prices = publisher(memoryAdapter({ broker }), { name: 'prices' });
    await prices.to('ACME', 'all').publish({ price: 1 });
    await prices.to('nobody').publish('x');
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

    await reports.to('general').publish({ type: 'notice' });
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
    const news = publisher(adapter, { publishTimeout: 20 });
    adapter.goAway();
    const failures = await Promise.all([
      news.say('a', 'x').catch((error) => error),
      news
        .to('a')
        .publish('x')
        .catch((error) => error),
    ]);
    for (const failure of failures) {
      expect(failure).to.be.instanceOf(AdapterError).with.property('code', 'UNAVAILABLE');
    }
    await news.close();
  });

  it('gives up what has not gone out when it is closed', async () => {
    const adapter = new FlakyAdapter(new MemoryBroker());
    const news = publisher(adapter);
    adapter.goAway();
    const said = news.say('a', 'x').catch((error) => error);
    await news.close();
    expect((await said).message).to.equal('These rooms were closed; it has not arrived');
  });

  it('refuses what cannot be, in words', () => {
    const adapter = memoryAdapter();
    const refusals: Array<[() => unknown, string]> = [
      [() => publisher(undefined as never), 'publisher() needs an adapter, as redisAdapter(client)'],
      [() => publisher({} as never), "Option 'adapter' must be an adapter"],
      [() => publisher(adapter, { presenceTtl: 5 } as PublisherOptions), "Unknown option 'presenceTtl' in publisher()"],
      [() => publisher(memoryAdapter()).to(), 'to() needs the name of at least one room'],
      [() => publisher(memoryAdapter()).say('', 'x'), 'A room name must not be empty'],
      [
        () => publisher(memoryAdapter()).say('a', undefined),
        'say() takes a text, or data that has JSON of at most 100 levels, not undefined',
      ],
      [
        () => publisher(memoryAdapter()).say('a', 'x', { from: 5 as never }),
        "Option 'from' must be a name, or { id, name }",
      ],
    ];
    for (const [call, words] of refusals) expect(call).to.throw(InvalidOptionError, words);
  });
});
