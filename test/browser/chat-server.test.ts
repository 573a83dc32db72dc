import { expect } from 'chai';
import { WebSocket } from 'ws';
import { Random } from '../../fuzz/random';
import { ChatServer, type ChatServerOptions } from '../../src';
import { ChatClient, ChatError, type ChatMessage, type ChatRoom, type JoinOptions } from '../../src/browser';
import { refusal } from './support/fake-clients';

/** A client whose connection a test can cut. */
class Visitor {
  readonly client: ChatClient;
  readonly heard: ChatMessage[] = [];
  readonly room: ChatRoom;
  #socket: WebSocket | undefined;

  constructor(server: ChatServer, name: string, options: JoinOptions = {}) {
    const visitor = this;
    class Watched extends WebSocket {
      constructor(url: string) {
        super(url);
        visitor.#socket = this;
      }
    }
    const url = `ws://127.0.0.1:${server.address!.port}/`;
    this.client = new ChatClient(url, { WebSocket: Watched, name, firstRetryDelay: 20, maxRetryDelay: 100 });
    this.room = this.client.join('general', options);
    this.room.on('message', (message) => this.heard.push(message));
  }

  get texts(): (string | undefined)[] {
    return this.heard.map(({ text }) => text);
  }

  /** Waits until it has heard so many messages. */
  async hears(count: number): Promise<void> {
    while (this.heard.length < count) await new Promise((resolve) => this.room.on('message', resolve));
  }

  /** Cuts the connection, as a tunnel does. */
  cut(): void {
    this.#socket!.terminate();
  }

  /** What the server says is not read any more. */
  deafen(): void {
    this.#socket!.pause();
  }
}

function next(room: ChatRoom, event: 'presence' | 'gap'): Promise<unknown> {
  return new Promise((resolve) => room.on(event, resolve));
}

describe('browser client and ChatServer', () => {
  let server: ChatServer;
  let visitors: Visitor[];

  beforeEach(() => {
    visitors = [];
  });

  afterEach(async () => {
    for (const { client } of visitors) client.close();
    await server.stop();
  });

  async function start(options: ChatServerOptions = {}, port = 0): Promise<void> {
    server = new ChatServer('127.0.0.1', port, { history: 1_000, ...options });
    await server.start();
  }

  /** Somebody in the room. */
  async function enter(name: string, options?: JoinOptions): Promise<Visitor> {
    const visitor = new Visitor(server, name, options);
    visitors.push(visitor);
    await visitor.room.joined();
    return visitor;
  }

  it('says, hears, and knows who is there', async () => {
    await start();
    const ann = await enter('Ann');
    const joins = next(ann.room, 'presence');
    const bob = await enter('Bob');
    await joins;
    expect([...ann.room.members.values()].map(({ name }) => name)).to.deep.equal(['Ann', 'Bob']);
    expect(ann.room.count).to.equal(2);
    const sent = await ann.room.send('hello');
    await bob.hears(1);
    expect(bob.heard[0]).to.deep.equal({ ...sent, own: false });
    expect(bob.room.position).to.deep.equal(ann.room.position);
    await bob.client.rename('Bobby');
    expect(bob.room.member?.name).to.equal('Bobby');
  });

  it('pages back through what was said before', async () => {
    await start();
    const ann = await enter('Ann');
    for (let i = 1; i <= 5; i++) await ann.room.send(`${i}`);
    const bob = await enter('Bob');
    await ann.room.send('6');
    await bob.hears(1);
    const latest = await bob.room.history({ limit: 3 });
    expect(latest.messages.map(({ text }) => text)).to.deep.equal(['3', '4', '5']);
    expect(latest.more).to.equal(true);
    const earlier = await bob.room.history({ before: latest.messages[0]!, limit: 3 });
    expect(earlier.messages.map(({ text }) => text)).to.deep.equal(['1', '2']);
    expect(earlier.more).to.equal(false);
    const behind = await bob.room.history({ since: latest.messages[1]! });
    expect(behind.messages.map(({ text }) => text)).to.deep.equal(['5', '6']);
  });

  it('hears what it missed, once and in order', async () => {
    await start();
    const [ann, bob] = [await enter('Ann'), await enter('Bob')];
    await ann.room.send('1');
    await bob.hears(1);
    bob.cut();
    for (let i = 2; i <= 4; i++) await ann.room.send(`${i}`);
    await bob.room.joined();
    await ann.room.send('5');
    await bob.hears(5);
    expect(bob.texts).to.deep.equal(['1', '2', '3', '4', '5']);
  });

  it('begins where the application has kept that it was', async () => {
    await start();
    const ann = await enter('Ann');
    await ann.room.send('1');
    const since = ann.room.position!;
    await ann.room.send('2');
    const bob = await enter('Bob', { since });
    await bob.hears(1);
    expect(bob.texts).to.deep.equal(['2']);
  });

  it('says a message once whose acknowledgement was lost', async () => {
    await start();
    const [ann, bob] = [await enter('Ann'), await enter('Bob')];
    ann.deafen();
    const sent = ann.room.send('once');
    await bob.hears(1);
    ann.cut();
    const waited = ann.room.send('then');
    expect((await sent).offset).to.equal(bob.heard[0]!.offset);
    await waited;
    await bob.hears(2);
    expect(bob.texts).to.deep.equal(['once', 'then']);
    expect(ann.heard).to.deep.equal([]);
  });

  it('is refused in words', async () => {
    await start({ authorizeJoin: (_socket, room) => room !== 'staff', maxTextLength: 5 });
    const ann = await enter('Ann');
    expect(await refusal(ann.client.join('staff').joined())).to.equal('forbidden');
    expect(await refusal(ann.room.send('too long'))).to.equal('invalid-text');
    const error = await ann.room.send('').catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ChatError);
    expect((error as ChatError).message).to.match(/text .* must not be empty/);
    expect(await refusal(ann.client.rename(''))).to.equal('invalid-name');
    expect((await ann.room.send('short')).text).to.equal('short');
  });

  it('says data where the server has a schema', async () => {
    const validate = (value: unknown) =>
      Number.isInteger((value as { dice?: number } | null)?.dice)
        ? { value: value as { dice: number } }
        : { issues: [{ message: 'not a whole number', path: ['dice'] }] };
    await start({ schema: { '~standard': { version: 1, vendor: 'test', validate } } });
    const [ann, bob] = [await enter('Ann'), await enter('Bob')];
    await ann.room.send({ dice: 6 });
    await bob.hears(1);
    expect(bob.heard[0]!.data).to.deep.equal({ dice: 6 });
    expect(await refusal(ann.room.send({ dice: 'six' }))).to.equal('invalid-data');
  });

  it('gives what the server says beside the protocol', async () => {
    await start();
    const ann = await enter('Ann');
    const other = new Promise((resolve) => ann.client.on('other', resolve));
    server.broadcast({ type: 'notice', text: 'We close at six' });
    expect(await other).to.deep.equal({ type: 'notice', text: 'We close at six' });
  });

  it('keeps a quiet connection, which the server answers for', async () => {
    await start();
    let pongs = 0;
    let hasAnsweredThrice = () => {};
    const answeredThrice = new Promise<void>((resolve) => {
      hasAnsweredThrice = resolve;
    });
    class Watched extends WebSocket {
      constructor(url: string) {
        super(url);
        this.on('message', (data) => {
          if (JSON.parse(String(data)).type === 'pong' && ++pongs === 3) hasAnsweredThrice();
        });
      }
    }
    const url = `ws://127.0.0.1:${server.address!.port}/`;
    const client = new ChatClient(url, { WebSocket: Watched, probeInterval: 5 });
    visitors.push({ client } as Visitor);
    const states: string[] = [];
    client.on('state', ({ status }) => states.push(status));
    const errors: unknown[] = [];
    client.on('error', (error) => errors.push(error));
    const room = await client.join('general').joined();
    await answeredThrice;
    await room.send('still here');
    expect(states).to.deep.equal(['open']);
    expect(errors).to.deep.equal([]);
  });

  it('comes back to a server that was restarted, and tells the gap', async () => {
    await start();
    const [ann, bob] = [await enter('Ann'), await enter('Bob')];
    await ann.room.send('before');
    await bob.hears(1);
    const { port } = server.address!;
    const since = bob.room.position;
    const gap = next(bob.room, 'gap');
    await server.stop();
    const sent = ann.room.send('meanwhile');
    await start({}, port);
    expect(await gap).to.deep.include({ since });
    await sent;
    await bob.room.joined();
    await ann.room.send('after');
    while (bob.texts.at(-1) !== 'after') await new Promise((resolve) => bob.room.on('message', resolve));
    expect(bob.room.position!.epoch).not.to.equal(since!.epoch);
    expect(bob.room.position).to.deep.equal(ann.room.position);
  });

  it('has heard and said everything once and in order, however often the connections are cut', async () => {
    await start();
    const people = await Promise.all(['Ann', 'Bob', 'Carl'].map((name) => enter(name)));
    const random = new Random(20_260_101);
    const sent: Promise<ChatMessage>[][] = people.map(() => []);
    for (let i = 0; i < 300; i++) {
      const who = random.next() % 3;
      sent[who]!.push(people[who]!.room.send(`${i}`));
      if (random.next() % 10 === 0) people[random.next() % 3]!.cut();
      if (random.next() % 4 === 0) await new Promise((resolve) => setTimeout(resolve, random.next() % 10));
    }
    const said = await Promise.all(sent.map((own) => Promise.all(own)));
    const log = said.flat().sort((one, other) => one.offset! - other.offset!);
    expect(log.map(({ offset }) => offset)).to.deep.equal(Array.from({ length: 300 }, (_, index) => index + 1));
    for (const [index, visitor] of people.entries()) {
      const own = said[index]!;
      expect(
        log.filter((message) => own.includes(message)),
        'in the order in which they were said',
      ).to.deep.equal(own);
      const others = log.filter((message) => !own.includes(message)).map(({ text }) => text);
      await visitor.hears(others.length);
      expect(visitor.texts).to.deep.equal(others);
    }
  });
});
