import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import type { SharedEncoding, SharedMessage } from '../../src/protocol/extension';
import { Hub } from '../../src/rooms/hub';
import { createConnectionPair } from '../support/connection-pair';
import { createDeflatePair, deflateSettings } from '../support/deflate-pair';
import { FakeMember } from '../support/fake-member';

/** Writes every message backwards, and counts how often. */
class Backwards implements SharedEncoding {
  encoded = 0;

  encode(payload: string | Buffer): SharedMessage | null {
    const text = String(payload);
    if (text === 'as it is') return null;
    this.encoded++;
    const recent = Buffer.from(text);
    return { payload: Buffer.from(recent).reverse(), size: recent.length, reservedBits: 0x40, recent };
  }
}

function memberWith(shared: SharedEncoding | null): FakeMember {
  const member = new FakeMember();
  return Object.assign(member, { shared });
}

describe('Delivery', () => {
  it('encodes once for all who share an encoding, and once for those who have none', () => {
    const hub = new Hub();
    const [one, other] = [new Backwards(), new Backwards()];
    const members = [one, null, other, one, other, null, one].map(memberWith);
    for (const member of members) hub.join(member.asConnection, 'room');
    hub.to('room').publish('abc');
    expect(members.map(({ texts }) => texts[0])).to.deep.equal(['cba', 'abc', 'cba', 'cba', 'cba', 'abc', 'cba']);
    expect([one.encoded, other.encoded]).to.deep.equal([1, 1]);
    const firstBytes = members.map(({ sent }) => sent[0]!.buffer[sent[0]!.start]);
    expect(firstBytes).to.deep.equal([0xc1, 0x81, 0xc1, 0xc1, 0xc1, 0x81, 0xc1]);
    expect(members[0]!.sent[0]!.buffer).to.equal(members[6]!.sent[0]!.buffer);
    expect(members[0]!.sent[0]!.start).to.equal(members[6]!.sent[0]!.start);
  });

  it('sends as it is what an encoding leaves so, together with those who have none', () => {
    const hub = new Hub();
    const members = [new Backwards(), null, new Backwards()].map(memberWith);
    for (const member of members) hub.join(member.asConnection, 'room');
    hub.to('room').publish('as it is');
    expect(members.map(({ texts }) => texts[0])).to.deep.equal(Array(3).fill('as it is'));
    expect(new Set(members.map(({ sent }) => sent[0]!.start)).size).to.equal(1);
  });

  it('keeps the messages of one iteration in one range for each encoding', () => {
    const hub = new Hub();
    const texts = ['first', 'as it is', ...Array.from({ length: 10 }, (_, i) => `message ${i}`)];
    const buffersOf = () => {
      const members = [new Backwards(), null].map(memberWith);
      for (const member of members) hub.join(member.asConnection, 'room');
      for (const text of texts) hub.to('room').publish(text);
      for (const member of members) hub.leave(member.asConnection, 'room');
      expect(members[1]!.texts).to.deep.equal(texts);
      return Math.max(...members.map(({ sent }) => new Set(sent.map(({ buffer }) => buffer)).size));
    };
    // A batch that is full goes on in another buffer: once, but not twice in a row.
    expect(Math.min(buffersOf(), buffersOf())).to.equal(1);
  });

  it('is understood by every client, whatever was agreed with it, and between messages of its own', async () => {
    const hub = new Hub();
    const settings = deflateSettings();
    const pairs = [
      createDeflatePair(settings),
      createDeflatePair(settings, { serverMaxWindowBits: 9 }),
      createDeflatePair(settings, { serverNoContextTakeover: true }),
      createDeflatePair(deflateSettings({ level: 9 })),
      createDeflatePair(deflateSettings({ threshold: 100_000 })),
      createConnectionPair(),
    ];
    for (const { server } of pairs) hub.join(server, 'room');
    const expected: string[] = [];
    const say = (text: string) => {
      expected.push(text);
      return text;
    };
    for (let i = 0; i < 40; i++) {
      const text = say(JSON.stringify({ id: i, room: 'general', text: 'lorem ipsum '.repeat(i * i) }));
      hub.to('room').publish(text);
      const own = say(JSON.stringify({ id: i, room: 'general', text: 'for you alone' }));
      for (const { server } of pairs) server.send(own);
    }
    for (const { client } of pairs) {
      for (const text of expected) expect(await client.receive()).to.equal(text);
      client.terminate();
    }
  });

  it('comes behind a message in fragments that is under way', async () => {
    const hub = new Hub();
    const { server, client } = createDeflatePair(deflateSettings());
    const published = 'published '.repeat(20);
    hub.join(server as WebSocketConnection, 'room');
    server.send('one '.repeat(20), { fin: false });
    hub.to('room').publish(published);
    server.send('two '.repeat(20));
    server.send('three '.repeat(20));
    expect(await client.receive()).to.equal('one '.repeat(20) + 'two '.repeat(20));
    expect(await client.receive()).to.equal(published);
    expect(await client.receive()).to.equal('three '.repeat(20));
    client.terminate();
  });
});
