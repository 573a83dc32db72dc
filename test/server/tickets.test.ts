import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { HandshakeError, InvalidOptionError } from '../../src/protocol/errors';
import { type Tickets, type TicketsOptions, tickets } from '../../src/server/tickets';
import { FakeClock } from '../support/fake-clock';

const secret = 'a secret that all nodes have';

describe('tickets', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => clock.giveBack());

  async function refusal(entry: Tickets, ticket: unknown): Promise<HandshakeError> {
    const error = await entry.redeem(ticket).then(
      () => undefined,
      (each: unknown) => each,
    );
    expect(error).to.be.instanceOf(HandshakeError);
    expect((error as HandshakeError).status).to.equal(401);
    return error as HandshakeError;
  }

  it('are redeemed once, for what they claim', async () => {
    const entry = tickets<{ user: string }>();
    const ticket = entry.issue({ user: 'Ann 🙂' });
    expect(ticket).to.match(/^[\w-]+\.[\w-]{43}$/);
    expect(await entry.redeem(ticket)).to.deep.equal({ user: 'Ann 🙂' });
    expect((await refusal(entry as unknown as Tickets, ticket)).code).to.equal('TICKET_USED');
  });

  it('are all different', () => {
    const entry = tickets();
    expect(new Set(Array.from({ length: 100 }, () => entry.issue({}))).size).to.equal(100);
  });

  it('expire after 30 s, or when the option says', async () => {
    for (const [options, milliseconds] of [
      [{}, 30_000],
      [{ ttl: '2m' }, 120_000],
    ] as [TicketsOptions, number][]) {
      const entry = tickets(options);
      const [early, late] = [entry.issue({}), entry.issue({})];
      clock.pass(milliseconds - 1);
      await entry.redeem(early);
      clock.pass(1);
      expect((await refusal(entry, late)).code).to.equal('TICKET_EXPIRED');
    }
  });

  it('are of no use when one character is another one', async () => {
    const entry = tickets();
    const ticket = entry.issue({ user: 'ann' });
    for (let index = 0; index < ticket.length - 1; index++) {
      const changed = `${ticket.slice(0, index)}${ticket[index] === 'A' ? 'B' : 'A'}${ticket.slice(index + 1)}`;
      expect((await refusal(entry, changed)).code, changed).to.equal('TICKET_INVALID');
    }
    await entry.redeem(ticket);
  });

  const junk = ['x', '.', '..', 'e30.', '.e30', 'ä.ö', 'a'.repeat(100_000), 5, {}, ['a.b'], true];
  for (const ticket of junk) {
    it(`are not ${JSON.stringify(ticket).slice(0, 20)}`, async () => {
      expect((await refusal(tickets(), ticket)).code).to.equal('TICKET_INVALID');
    });
  }

  it('are missed where there is none', async () => {
    for (const ticket of [undefined, null, '']) {
      const { code, message } = await refusal(tickets(), ticket);
      expect(code).to.equal('TICKET_MISSING');
      expect(message).to.include("the parameter 'ticket' of the URL");
    }
  });

  it('with more behind them are none', async () => {
    const entry = tickets();
    expect((await refusal(entry, `${entry.issue({})}.more`)).code).to.equal('TICKET_INVALID');
  });

  it('are worth nothing where another secret signs', async () => {
    expect((await refusal(tickets(), tickets().issue({}))).code).to.equal('TICKET_INVALID');
    const entry = tickets({ secret });
    expect(await tickets({ secret: Buffer.from(secret) }).redeem(entry.issue({ user: 'ann' }))).to.deep.equal({
      user: 'ann',
    });
  });

  it('are not made by whoever has the same secret sign something else', async () => {
    const content = { id: 'x', expires: Date.now() + 1_000_000, claims: { user: 'root' } };
    const encoded = Buffer.from(JSON.stringify(content)).toString('base64url');
    const signature = createHmac('sha256', secret).update(encoded).digest('base64url');
    expect((await refusal(tickets({ secret }), `${encoded}.${signature}`)).code).to.equal('TICKET_INVALID');
  });

  describe('with a store', () => {
    it('are used once on all nodes, and remembered for longer than clocks differ', async () => {
      const used = new Set<string>();
      const ttls: number[] = [];
      const store = {
        claim: async (id: string, ttl: number) => {
          ttls.push(ttl);
          return !used.has(id) && used.add(id) !== undefined;
        },
      };
      const [one, other] = [tickets({ secret, store }), tickets({ secret, store })];
      const ticket = one.issue({ user: 'ann' });
      clock.pass(10_000);
      const results = await Promise.allSettled([one.redeem(ticket), other.redeem(ticket)]);
      expect(results.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
      expect(ttls).to.deep.equal([80_000, 80_000]);
    });

    it('are refused when the store fails, or says anything but true', async () => {
      const failing = tickets({ secret, store: { claim: () => Promise.reject(new Error('Redis is away')) } });
      const error = await failing.redeem(failing.issue({})).catch((each: Error) => each);
      expect((error as Error).message).to.equal('Redis is away');
      const odd = tickets({ secret, store: { claim: () => 'OK' as never } });
      expect((await refusal(odd, odd.issue({}))).code).to.equal('TICKET_USED');
    });

    it('do not ask it about what is not signed, or has expired', async () => {
      let asked = 0;
      const entry = tickets({ store: { claim: () => ++asked > 0 } });
      await refusal(entry, 'a.b');
      const ticket = entry.issue({});
      clock.pass(30_000);
      await refusal(entry, ticket);
      expect(asked).to.equal(0);
    });
  });

  describe('required', () => {
    function pass(entry: Tickets, url: string): Promise<{ request: IncomingMessage; error: unknown }> {
      const request = { url } as IncomingMessage;
      return new Promise((resolve) => {
        entry.required(request, {} as ServerResponse, (error) => resolve({ request, error }));
      });
    }

    it('redeems the ticket of the URL, and keeps its claims with the request', async () => {
      const entry = tickets();
      const { request, error } = await pass(entry, `/feed?a=1&ticket=${entry.issue({ user: 'ann' })}&b`);
      expect(error).to.equal(undefined);
      expect(entry.claims(request)).to.deep.equal({ user: 'ann' });
      expect(tickets().claims(request)).to.equal(undefined);
    });

    it('refuses the request otherwise', async () => {
      const entry = tickets();
      for (const [url, code] of [
        ['/feed', 'TICKET_MISSING'],
        ['', 'TICKET_MISSING'],
        ['/feed?ticket=', 'TICKET_MISSING'],
        ['//[?ticket=%E0%A4%A', 'TICKET_INVALID'],
      ] as const) {
        const { request, error } = await pass(entry, url);
        expect(error, url).to.include({ code, status: 401 });
        expect(entry.claims(request)).to.equal(undefined);
      }
    });
  });

  for (const [options, words] of [
    [{ ttl: 0 }, "Option 'ttl' must be a duration"],
    [{ ttl: 'soon' }, "Option 'ttl' must be a duration"],
    [{ secret: 'too short' }, '16 bytes at least, not of 9'],
    [{ secret: 5 }, '16 bytes at least, not 5'],
    [{ secret: undefined }, "Option 'secret' is undefined: is the environment variable set?"],
    [{ store: {} }, 'claim(id, ttl)'],
    [{ store: null }, 'claim(id, ttl)'],
    [{ secrets: 'x' }, "'secret'?"],
  ] as const) {
    it(`refuse ${JSON.stringify(options)}`, () => {
      expect(() => tickets(options as never)).to.throw(InvalidOptionError, words);
    });
  }

  it('claim an object that fits into a URL', () => {
    const entry = tickets();
    for (const claims of [undefined, null, 'ann', 5, ['ann']]) {
      expect(() => entry.issue(claims as never)).to.throw(InvalidOptionError, 'needs an object of claims');
    }
    expect(() => entry.issue({ user: 'x'.repeat(2048) })).to.throw(InvalidOptionError, '2048 bytes as JSON');
    expect(entry.issue({ user: 'x'.repeat(2000) })).to.have.length.below(4096);
  });
});
