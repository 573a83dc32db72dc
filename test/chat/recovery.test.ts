import { expect } from 'chai';
import fc from 'fast-check';
import type { ChatServer } from '../../src/chat/chat-server';
import type { Position } from '../../src/rooms/adapter';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import type { Answer, ChatClient } from '../support/chat-client';
import { ChatNodes } from '../support/chat-nodes';

interface Joined extends Answer {
  position: Position;
  missed: Answer[];
  gap: boolean;
}

describe('chat: coming back to a room', () => {
  const nodes = ChatNodes.use();

  async function join(client: ChatClient, room: string, since?: Position): Promise<Joined> {
    client.send({ type: 'join', room, since });
    return (await client.expect('joined')) as Joined;
  }

  /** Somebody in the room, as who says something. */
  async function speakerIn(server: ChatServer, room: string) {
    const client = await nodes.connect(server);
    const { position } = await join(client, room);
    const say = async (...texts: string[]) => {
      for (const text of texts) await client.send({ type: 'message', room, text }).expect('sent');
    };
    return { client, position, say };
  }

  const textsOf = (messages: Answer[]) => messages.map(({ text }) => text);

  it('brings exactly what was missed, as it was said, before what is said now', async () => {
    const server = await nodes.serve();
    const { client: ann, say } = await speakerIn(server, 'a');
    await say('before');
    const bob = await nodes.connect(server);
    const { position } = await join(bob, 'a');
    const { joins } = await ann.expect('presence');
    bob.send({ type: 'leave' });
    await bob.expect('left');
    await ann.expect('presence');
    await say('one', 'two');
    const { missed, gap, position: now } = await join(bob, 'a', position);
    expect(textsOf(missed)).to.deep.equal(['one', 'two']);
    expect(missed[0]).to.have.all.keys('room', 'from', 'text', 'offset', 'at', 'key');
    expect(missed[0]).to.include({ room: 'a', offset: 2 });
    expect(missed[0]!.from).to.not.deep.equal((joins as unknown[])[0]);
    expect(gap).to.equal(false);
    expect(now).to.deep.equal({ epoch: position.epoch, offset: 3 });
    await ann.expect('presence');
    await say('three');
    expect(await bob.expect('message')).to.include({ text: 'three', offset: 4 });
  });

  it('works for who had received nothing yet: offset 0', async () => {
    const server = await nodes.serve();
    const { position, say } = await speakerIn(server, 'a');
    expect(position.offset).to.equal(0);
    await say('one', 'two');
    const { missed, gap } = await join(await nodes.connect(server), 'a', position);
    expect(textsOf(missed)).to.deep.equal(['one', 'two']);
    expect(gap).to.equal(false);
  });

  it('to where the room is: nothing missed, and no gap', async () => {
    const server = await nodes.serve();
    const { client, say } = await speakerIn(server, 'a');
    await say('one');
    const { position } = await join(client, 'a');
    expect(await join(client, 'a', position)).to.deep.include({ missed: [], gap: false, position });
  });

  it('with a position that is null is as without one', async () => {
    const server = await nodes.serve();
    const client = await nodes.connect(server);
    client.send({ type: 'join', room: 'a', since: null });
    expect(await client.expect('joined')).to.deep.include({ missed: [], gap: false });
  });

  const gaps: [what: string, since: (position: Position) => Position][] = [
    ['of another epoch', ({ offset }) => ({ epoch: 'another', offset })],
    ['beyond the end of the log', ({ epoch }) => ({ epoch, offset: 1000 })],
    ['of an epoch full of quotes', () => ({ epoch: '"\\\u0000{}[]\n\'; DROP', offset: 0 })],
    ['of an epoch that is a name of Object.prototype', () => ({ epoch: '__proto__', offset: 2 })],
  ];
  for (const [what, since] of gaps) {
    it(`from a position ${what}: a gap, with all that is kept`, async () => {
      const server = await nodes.serve();
      const { position, say } = await speakerIn(server, 'a');
      await say('one', 'two');
      const joined = await join(await nodes.connect(server), 'a', since(position));
      expect(textsOf(joined.missed)).to.deep.equal(['one', 'two']);
      expect(joined.gap).to.equal(true);
      expect(joined.position).to.deep.equal({ epoch: position.epoch, offset: 2 });
    });
  }

  it('to a room that emptied meanwhile finds what was said before it did', async () => {
    const server = await nodes.serve();
    const { client: ann, position, say } = await speakerIn(server, 'a');
    await say('one', 'two');
    ann.send({ type: 'leave' });
    await ann.expect('left');
    expect(server.rooms).to.deep.equal([]);
    const { missed, gap } = await join(await nodes.connect(server), 'a', position);
    expect(textsOf(missed)).to.deep.equal(['one', 'two']);
    expect(gap).to.equal(false);
  });

  it('finds what was said on another node', async () => {
    const [here, there] = [await nodes.serve(), await nodes.serve()];
    const { position } = await speakerIn(here, 'a');
    const { say } = await speakerIn(there, 'a');
    await say('one', 'two');
    expect(textsOf((await join(await nodes.connect(here), 'a', position)).missed)).to.deep.equal(['one', 'two']);
  });

  it('where nothing is kept: a gap, unless nothing was said', async () => {
    const server = await nodes.serve({ history: false });
    const { client, position, say } = await speakerIn(server, 'a');
    expect(await join(client, 'a', position)).to.deep.include({ missed: [], gap: false });
    await say('one');
    expect(await join(client, 'a', position)).to.deep.include({ missed: [], gap: true });
  });

  describe('when the log was trimmed', () => {
    let now = 1_000_000;
    const limits: [what: string, history: object, kept: string[]][] = [
      ['by count', { count: 2 }, ['three', 'four']],
      ['by bytes', { bytes: 250 }, ['four']],
      ['by age', { age: 25 }, ['three', 'four']],
    ];
    for (const [what, history, kept] of limits) {
      it(`${what}: a gap, and what is still kept`, async () => {
        const broker = new MemoryBroker({ now: () => now });
        const server = await nodes.serve({ adapter: memoryAdapter({ broker }), history });
        const { position, say } = await speakerIn(server, 'a');
        for (const text of ['one', 'two', 'three', 'four']) {
          await say(what === 'by bytes' ? text.padEnd(150) : text);
          now += 10;
        }
        const joined = await join(await nodes.connect(server), 'a', position);
        expect(joined.missed.map(({ text }) => (text as string).trim())).to.deep.equal(kept);
        expect(joined.gap).to.equal(true);
        const first = joined.missed[0]!.offset as number;
        const whole = await join(await nodes.connect(server), 'a', { epoch: position.epoch, offset: first - 1 });
        expect(whole.missed).to.deep.equal(joined.missed);
        expect(whole.gap).to.equal(false);
      });
    }
  });

  it('under fire: whoever leaves and comes back has what the log has, in order, once', async function () {
    this.timeout(60_000);
    const step = fc.record({ reader: fc.nat(3), says: fc.nat(6), leaves: fc.boolean(), closes: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        nodes.broker = new MemoryBroker();
        const servers = [await nodes.serve({ history: 1000 }), (await nodes.serveFlaky({ history: 1000 })).server];
        const writers = [await speakerIn(servers[0]!, 'a'), await speakerIn(servers[1]!, 'a')];
        const readers: Reader[] = [];
        for (let i = 0; i < 4; i++) {
          const reader = new Reader(() => nodes.connect(servers[i % 2]!));
          await reader.come(writers[0]!.position);
          readers.push(reader);
        }
        let said = 0;
        for (const { reader, says, leaves, closes } of steps) {
          // Nobody waits: what is said, and who comes and goes, overtake each other as they can.
          for (let i = 0; i < says; i++) {
            const { client } = writers[said % 2]!;
            client.send({ type: 'message', text: `${said}`, id: said++ });
          }
          if (leaves) await readers[reader]!.goAndComeBack(closes);
        }
        const { client } = await speakerIn(servers[1]!, 'a');
        let log: Answer[] = [];
        while (log.length < said) {
          client.send({ type: 'history', limit: 1000 });
          let answer = await client.next();
          while (answer.type !== 'history') answer = await client.next();
          log = answer.messages as Answer[];
        }
        const offset = log.at(-1)?.offset ?? 0;
        for (const reader of readers) {
          await reader.readTo(offset as number);
          expect(reader.gap).to.equal(false);
          expect(reader.heard).to.deep.equal(log.map(({ offset: at, text }) => [at, text]));
        }
        for (const { client: one } of [...writers, ...readers, { client }]) one.socket.terminate();
      }),
      { numRuns: 12 },
    );
  });
});

/** Somebody who keeps what comes, and where it was last. */
class Reader {
  client!: ChatClient;
  gap = false;
  readonly heard: [offset: unknown, text: unknown][] = [];
  #position!: Position;

  constructor(private readonly connect: () => Promise<ChatClient>) {}

  async come(since: Position): Promise<void> {
    this.#position = since;
    this.client = await this.connect();
    await this.#join();
  }

  async goAndComeBack(closes: boolean): Promise<void> {
    if (closes) {
      this.client.socket.terminate();
      this.client = await this.connect();
    } else {
      this.client.send({ type: 'leave', room: 'a' });
      await this.#hear((answer) => answer.type === 'left');
    }
    await this.#join();
  }

  async readTo(offset: number): Promise<void> {
    if (this.#position.offset < offset) await this.#hear(() => this.#position.offset >= offset);
  }

  async #join(): Promise<void> {
    this.client.send({ type: 'join', room: 'a', since: this.#position });
    await this.#hear((answer) => answer.type === 'joined');
  }

  async #hear(isEnough: (answer: Answer) => boolean): Promise<void> {
    for (let isOver = false; !isOver; ) {
      const answer = await this.client.next();
      if (answer.type === 'message') this.#keep(answer);
      if (answer.type === 'joined') {
        for (const message of answer.missed as Answer[]) this.#keep(message);
        expect(answer.position).to.deep.equal(this.#position);
      }
      if (answer.gap === true) this.gap = true;
      isOver = isEnough(answer);
    }
  }

  #keep({ offset, text }: Answer): void {
    this.heard.push([offset, text]);
    this.#position = { epoch: this.#position.epoch, offset: offset as number };
  }
}
