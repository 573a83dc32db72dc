import { once } from 'node:events';
import { expect } from 'chai';
import * as v from 'valibot';
import { z } from 'zod';
import type { StandardSchema } from '../../src/chat/schema';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError } from '../../src/protocol/errors';
import type { ChatClient } from '../support/chat-client';
import { ChatNodes, until } from '../support/chat-nodes';

interface Move {
  from: string;
  to: string;
  clock?: number | undefined;
}

const square = /^[a-h][1-8]$/;

/** A validator of the application's own, that takes its time. */
const handMade: StandardSchema<Move> = {
  '~standard': {
    version: 1,
    vendor: 'hand-made',
    validate: async (value) => {
      await new Promise((resolve) => setImmediate(resolve));
      const { from, to } = (value ?? {}) as Partial<Move>;
      const issues = [];
      if (typeof from !== 'string' || !square.test(from)) issues.push({ message: 'no square', path: ['from'] });
      if (typeof to !== 'string' || !square.test(to)) issues.push({ message: 'no square', path: [{ key: 'to' }] });
      return issues.length > 0 ? { issues } : { value: { from: from as string, to: to as string } };
    },
  },
};

const schemas: [vendor: string, schema: StandardSchema<Move>][] = [
  ['zod', z.object({ from: z.string().regex(square), to: z.string().regex(square), clock: z.number().optional() })],
  [
    'valibot',
    v.object({
      from: v.pipe(v.string(), v.regex(square)),
      to: v.pipe(v.string(), v.regex(square)),
      clock: v.optional(v.number()),
    }),
  ],
  ['a hand-made one that is asynchronous', handMade],
];

describe('chat: messages of a schema', () => {
  const nodes = ChatNodes.use();

  async function pair(options: object) {
    const server = await nodes.serve(options);
    const [ann, bob] = [await nodes.connect(server), await nodes.connect(server)];
    await ann.join('a', 'Ann');
    await bob.join('a', 'Bob');
    await ann.expect('presence');
    return { server, ann, bob };
  }

  const say = (client: ChatClient, data: unknown, more: object = {}) => client.send({ type: 'message', data, ...more });

  const refusalOf = async (client: ChatClient, data: unknown) => {
    const error = await say(client, data).expect('error');
    expect(error.code).to.equal('invalid-data');
    return error.message as string;
  };

  for (const [vendor, schema] of schemas) {
    describe(`with ${vendor}`, () => {
      it('goes to the room as data, and is kept as data', async () => {
        const { ann, bob } = await pair({ schema });
        say(ann, { from: 'e2', to: 'e4', cheat: true }, { id: 1 });
        expect(await ann.expect('sent')).to.include({ id: 1, offset: 1 });
        const message = await bob.expect('message');
        expect(message).to.have.all.keys('type', 'room', 'from', 'data', 'offset', 'at', 'key');
        expect(message.data).to.deep.equal({ from: 'e2', to: 'e4' });
        bob.send({ type: 'history' });
        const { messages } = await bob.expect('history');
        expect((messages as object[])[0]).to.deep.include({ data: { from: 'e2', to: 'e4' } });
      });

      it('that does not fit is refused, in words, with where it is wrong', async () => {
        const { ann, bob } = await pair({ schema });
        const words = await refusalOf(ann, { from: 'e2', to: 'e9' });
        expect(words).to.match(/^The data of this message does not fit: to: \w+/);
        expect(words).to.have.length.below(200);
        expect(await refusalOf(ann, { from: 1, to: 2 })).to.match(/from: .+; to: .+/);
        for (const data of [null, 7, 'e2e4', [], {}]) await refusalOf(ann, data);
        expect(await bob.soFar()).to.deep.equal([]);
        say(ann, { from: 'e2', to: 'e4' });
        expect(await ann.expect('sent')).to.include({ offset: 1 });
      });

      it('keeps the order of what one client asks', async () => {
        const { ann, bob } = await pair({ schema });
        for (let id = 0; id < 20; id++) say(ann, { from: 'e2', to: id % 4 === 3 ? '?' : 'e4' }, { id });
        for (let id = 0; id < 20; id++) {
          const { type, request, id: sent } = await ann.next();
          expect(type === 'sent' ? sent : (request as { id: number }).id).to.equal(id);
          expect(type).to.equal(id % 4 === 3 ? 'error' : 'sent');
        }
        expect(await bob.soFar()).to.have.lengthOf(15);
      });
    });
  }

  it('is what the schema makes of it', async () => {
    const schema = z
      .object({ text: z.string().trim().toLowerCase(), at: z.coerce.date(), n: z.number().default(7) })
      .transform((value) => ({ ...value, length: value.text.length }));
    const { server, ann, bob } = await pair({ schema });
    const heard = once(server, 'message');
    say(ann, { text: '  Hello ', at: '2026-01-01' });
    const { data } = await bob.expect('message');
    expect(data).to.deep.equal({ text: 'hello', at: '2026-01-01T00:00:00.000Z', n: 7, length: 5 });
    const [, message] = (await heard) as [unknown, { data: { at: Date } }];
    expect(message.data.at).to.be.instanceOf(Date);
  });

  it('is kept as it was said, whatever a listener does to it', async () => {
    const { server, ann, bob } = await pair({ schema: z.object({ n: z.number() }) });
    server.on('message', (_socket, message) => Object.assign(message.data as object, { n: 'changed', room: ann }));
    say(ann, { n: 1 });
    await bob.expect('message');
    bob.send({ type: 'history' });
    expect(((await bob.expect('history')).messages as object[])[0]).to.deep.include({ data: { n: 1 } });
  });

  it('may be anything that JSON can be', async () => {
    const { ann, bob } = await pair({ schema: z.unknown() });
    const values: unknown[] = [null, false, 0, '', [], {}, 'text', { constructor: 1, toString: null }, [[[]]]];
    for (const data of values) {
      say(ann, data);
      expect((await bob.expect('message')).data).to.deep.equal(data);
    }
    ann.send('{"type":"message","data":{"__proto__":{"x":1}}}');
    await bob.expect('message');
    expect(({} as { x?: number }).x).to.equal(undefined);
  });

  it('is asked for by authorizePublish with its data', async () => {
    const { ann } = await pair({
      schema: z.number(),
      authorizePublish: (_socket: unknown, { data }: { data: number }) => data < 10,
    });
    await say(ann, 7, { id: 1 }).expect('sent');
    expect(await say(ann, 70, { id: 2 }).expect('error')).to.deep.include({
      code: 'forbidden',
      request: { type: 'message', id: 2 },
    });
  });

  it('cannot be a text', async () => {
    const { ann } = await pair({ schema: z.string() });
    const error = await ann.send({ type: 'message', text: 'hi' }).expect('error');
    expect(error).to.include({ code: 'invalid-data', message: "Messages are not texts here: say it in 'data'" });
    await say(ann, 'hi').expect('sent');
  });

  it('without a schema: unsupported', async () => {
    for (const options of [{}, { authorizePublish: () => true }]) {
      const { ann } = await pair(options);
      const error = await say(ann, { from: 'e2' }, { id: 1 }).expect('error');
      expect(error).to.deep.include({ code: 'unsupported', request: { type: 'message', id: 1 } });
      expect(error.message).to.match(/Messages are texts here: rooms take 'data' with the option 'schema'/);
      await ann.send({ type: 'message', text: 'hi' }).expect('sent');
    }
  });

  describe('of a hostile client', () => {
    it('nested deeper than a hundred times is refused before anybody walks through it', async () => {
      let asked = 0;
      const schema = z.unknown().refine(() => ++asked > 0);
      const { ann, bob } = await pair({ schema });
      for (const depth of [101, 5000, 400_000]) {
        ann.send(`{"type":"message","data":${'['.repeat(depth)}${']'.repeat(depth)},"id":${depth}}`);
        const error = await ann.expect('error');
        expect(error).to.deep.include({ code: 'invalid-data', request: { type: 'message', id: depth } });
        expect(error.message).to.match(/at most 100 arrays and objects in each other/);
      }
      ann.send(`{"type":"message","data":${'{"a":'.repeat(101)}1${'}'.repeat(101)}}`);
      await ann.expect('error');
      expect(asked).to.equal(0);
      ann.send(`{"type":"message","data":${'[{"a":'.repeat(50)}1${'}]'.repeat(50)}}`);
      await bob.expect('message');
    });

    it('is not repeated in the error, however much of it the validator quotes', async () => {
      const schema = v.record(v.string(), v.literal('x'));
      const { ann } = await pair({ schema });
      const words = await refusalOf(ann, { ['k'.repeat(100_000)]: 'v'.repeat(100_000) });
      expect(words).to.match(/does not fit: kkkk.*…: Invalid type.*…$/);
      expect(words).to.have.length.below(600);
      const many = await refusalOf(ann, Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])));
      expect(many).to.match(/\(and 995 more\)$/);
    });
  });

  describe('with a validator that fails', () => {
    const broken = (validate: () => unknown) => ({ '~standard': { version: 1, vendor: 'broken', validate } });
    const failing: [what: string, validate: () => unknown, words: RegExp][] = [
      [
        'throws',
        () => {
          throw new Error('out of order');
        },
        /^out of order$/,
      ],
      ['rejects', () => Promise.reject(new Error('out of order')), /^out of order$/],
      ['returns nothing', () => undefined, /must return \{ value \} or \{ issues \}, not undefined/],
      ['returns null', () => null, /not null/],
      ['returns what is neither', () => ({ success: true }), /not an object/],
      ['has issues that are no list', () => ({ issues: 'many' }), /not an object/],
      ['resolves to nothing', async () => undefined, /not undefined/],
      ['has issues with a place that is none', () => ({ issues: [{ message: 'x', path: [null] }] }), /null/],
    ];
    for (const [what, validate, words] of failing) {
      it(`because it ${what}: invalid-data, and the server hears why`, async () => {
        const { server, ann } = await pair({ schema: broken(validate) });
        const heard = once(server, 'error');
        expect(await refusalOf(ann, { secret: 1 })).to.equal('The data of this message could not be validated');
        const [error] = (await heard) as [Error];
        expect(error.message).to.match(words);
        expect((await ann.join('b')).count).to.equal(1);
      });
    }

    const unsayable: [what: string, value: unknown][] = [
      ['undefined', undefined],
      ['a bigint', 7n],
      ['a cycle', cycle()],
      ['what throws when it is made JSON', { toJSON: () => JSON.parse('{') as unknown }],
    ];
    for (const [what, value] of unsayable) {
      it(`because it makes ${what} of it: invalid-data`, async () => {
        const { ann } = await pair({ schema: broken(() => ({ value })) });
        expect(await refusalOf(ann, 1)).to.equal('The data of this message has no JSON that could be sent');
      });
    }
  });

  it('whose sender is gone before it is validated goes nowhere', async () => {
    let validated = () => {};
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'slow',
        validate: (value: unknown) =>
          new Promise((resolve) => {
            validated = () => resolve({ value });
          }),
      },
    };
    const { server, ann, bob } = await pair({ schema });
    const joined = once(server, 'join');
    await ann.join('b');
    const [socket] = (await joined) as [WebSocketConnection];
    const isAsked = validated;
    say(ann, 'too late', { room: 'a' });
    await until(() => validated !== isAsked);
    socket.terminate();
    await bob.expect('presence');
    validated();
    expect(await bob.soFar()).to.deep.equal([]);
    bob.send({ type: 'history' });
    expect((await bob.expect('history')).messages).to.deep.equal([]);
  });

  it('refuses what is no schema at once', async () => {
    const wrong = [z.string, {}, 7, null, { '~standard': { version: 2, validate: () => {} } }];
    for (const schema of wrong) {
      const error = await nodes.serve({ schema: schema as never }).catch((reason: Error) => reason);
      expect(error).to.be.instanceOf(InvalidOptionError);
      expect((error as Error).message).to.match(/Option 'schema' must be a Standard Schema/);
    }
  });
});

function cycle(): object {
  const round: { again?: object } = {};
  round.again = round;
  return round;
}
