import { once } from 'node:events';
import { expect } from 'chai';
import type { RequestHandler } from 'express';
import { Contract, describeContract } from './support/contract';
import { transports } from './support/transports';

describeContract('contract: opening handshake', (contract) => {
  describe('subprotocols', () => {
    it('the first offered one that the route speaks is chosen, at both ends', async () => {
      const { server, client } = await contract.pair({
        server: { subprotocols: ['chat.v1', 'chat.v2'] },
        client: { subprotocols: ['chat.v3', 'chat.v2', 'chat.v1'] },
      });
      expect([server.protocol, client.protocol]).to.deep.equal(['chat.v2', 'chat.v2']);
    });

    it('none is chosen where none fits, or none is offered', async () => {
      const unfit = await contract.pair({ server: { subprotocols: ['a'] }, client: { subprotocols: ['b'] } });
      expect([unfit.server.protocol, unfit.client.protocol]).to.deep.equal(['', '']);
      const silent = await contract.pair({ server: { subprotocols: ['a'] } });
      expect([silent.server.protocol, silent.client.protocol]).to.deep.equal(['', '']);
    });

    it('a function chooses', async () => {
      const { server, client } = await contract.pair({
        server: { subprotocols: (offered) => offered.at(-1) ?? false },
        client: { subprotocols: ['a', 'b', 'c'] },
      });
      expect([server.protocol, client.protocol]).to.deep.equal(['c', 'c']);
    });
  });

  describe('origins', () => {
    it('a foreign one is refused with 403, and a body that says why', async () => {
      const path = contract.route();
      const refusal = await contract.refusal(path, { origin: 'https://evil.example' });
      expect(refusal.status).to.equal(403);
      expect(refusal.body).to.include('https://evil.example');
      expect(contract.board.connections.size).to.equal(0);
    });

    it('those that the route allows pass, by list and by an asynchronous function', async () => {
      const byList = contract.route({ allowedOrigins: ['https://*.example'] });
      const byFunction = contract.route({ allowedOrigins: async (origin) => origin.endsWith('.example') });
      for (const path of [byList, byFunction]) {
        const client = await contract.open(path, { origin: 'https://app.example' });
        expect(client.readyState).to.equal(client.OPEN);
        expect((await contract.refusal(path, { origin: 'https://evil.test' })).status).to.equal(403);
      }
    });

    it('the own one passes', async () => {
      const path = contract.route({}, (socket) => socket.send('welcome'));
      const client = await contract.open(path, { origin: contract.origin });
      expect(await client.receive()).to.equal('welcome');
    });
  });

  describe('refusals', () => {
    it('by middleware are its answer: status, headers, and body', async () => {
      const requireLogin: RequestHandler = (_request, response) => {
        response.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'who are you?' });
      };
      const refusal = await contract.refusal(contract.route({}, () => {}, [requireLogin]));
      expect(refusal.status).to.equal(401);
      expect(refusal.headers['www-authenticate']).to.equal('Bearer');
      expect(JSON.parse(refusal.body ?? '')).to.deep.equal({ error: 'who are you?' });
    });

    it('of middleware that waited, with a large body, come whole', async () => {
      const refuse: RequestHandler = async (_request, response) => {
        await new Promise((done) => setTimeout(done, 5));
        response.status(429).send('x'.repeat(3_000_000));
      };
      const { status, body } = await contract.request(contract.route({}, () => {}, [refuse]));
      expect(status).to.equal(429);
      expect(body).to.have.length(3_000_000);
    });

    it('by an error of middleware are what Express makes of it', async () => {
      const fail: RequestHandler = () => {
        throw Object.assign(new Error('we are full'), { status: 503, expose: true, headers: { 'Retry-After': '7' } });
      };
      const refusal = await contract.refusal(contract.route({}, () => {}, [fail]));
      expect(refusal.status).to.equal(503);
      expect(refusal.headers['retry-after']).to.equal('7');
      expect(refusal.body).to.include('we are full');
    });

    it('of a path that there is not are 404', async () => {
      expect((await contract.refusal('/no-such-path')).status).to.equal(404);
    });

    it('of a wrong version are 426, and name the right one', async () => {
      const path = contract.route();
      const { status, headers, transport } = await contract.request(path, { 'Sec-WebSocket-Version': '8' });
      expect(status).to.equal(426);
      expect(headers['sec-websocket-version']).to.equal('13');
      expect(transport).to.equal(null);
    });

    it('of no version are 400 or 426', async () => {
      const { status, transport } = await contract.request(contract.route(), { 'Sec-WebSocket-Version': null });
      expect(status).to.be.oneOf([400, 426]);
      expect(transport).to.equal(null);
    });

    it('of subprotocols that are no tokens are 400', async () => {
      const { status } = await contract.request(contract.route(), { 'Sec-WebSocket-Protocol': 'a b' });
      expect(status).to.equal(400);
    });

    it('of extensions that cannot be read are 400', async () => {
      const { status } = await contract.request(contract.route({ perMessageDeflate: true }), {
        'Sec-WebSocket-Extensions': 'permessage-deflate; =',
      });
      expect(status).to.equal(400);
    });

    it('leave the way open for others', async () => {
      await contract.refusal('/no-such-path');
      const client = await contract.echo();
      client.send('still here');
      expect(await client.receive()).to.equal('still here');
    });
  });

  describe('through Express', () => {
    it('middleware, parameters and headers are as for every request', async () => {
      let seen: unknown;
      const middleware: RequestHandler = (request, response, next) => {
        seen = { url: request.url, query: request.query, cookie: request.headers.cookie, method: request.method };
        response.set('Set-Cookie', ['session=1', 'theme=dark']);
        next();
      };
      const path = contract.route({}, (socket) => socket.send('hello'), [middleware]);
      const client = await contract.open(`${path}?a=1&b=2`, { headers: { cookie: 'visit=3' } });
      expect(await client.receive()).to.equal('hello');
      expect(seen).to.deep.equal({
        url: `${path}?a=1&b=2`,
        query: { a: '1', b: '2' },
        cookie: 'visit=3',
        method: 'GET',
      });
      expect(client.response.headers['set-cookie']).to.deep.equal(['session=1', 'theme=dark']);
    });

    it('a first message that the handler sends at once is not lost, nor one that the client sends', async () => {
      const heard: unknown[] = [];
      const path = contract.route({}, async (socket) => {
        socket.send('first');
        await new Promise((done) => setTimeout(done, 10));
        heard.push(await socket.receive());
        socket.close(1000);
      });
      const client = await contract.open(path);
      client.send('early');
      expect(await client.receive()).to.equal('first');
      expect(await client.closed).to.include({ code: 1000 });
      expect(heard).to.deep.equal(['early']);
    });

    it('a client that leaves while middleware thinks disturbs nobody', async () => {
      let arrive: (upgrade: { next: () => void; left: Promise<unknown> }) => void;
      const arrived = new Promise<{ next: () => void; left: Promise<unknown> }>((resolve) => {
        arrive = resolve;
      });
      const slow: RequestHandler = (request, _response, next) => arrive({ next, left: once(request, 'close') });
      const path = contract.route({}, () => {}, [slow]);
      const leaving = new AbortController();
      const opening = contract.open(path, { signal: leaving.signal }).catch((reason: unknown) => reason);
      const { next, left } = await arrived;
      leaving.abort(new Error('changed my mind'));
      expect(await opening).to.have.property('message', 'changed my mind');
      await left;
      next();
      await new Promise((done) => setImmediate(done));
      expect(contract.board.connections.size).to.equal(0);
    });
  });
});

for (const transport of transports) {
  describe(`contract: handshakeTimeout (${transport.name})`, () => {
    const contract = Contract.use(transport, { handshakeTimeout: 50 });

    it('refuses with 503 what middleware does not get done, and leaves the way open for others', async () => {
      const refusal = await contract.refusal(contract.route({}, () => {}, [() => {}]));
      expect(refusal.status).to.equal(503);
      const client = await contract.echo();
      client.send('in time');
      expect(await client.receive()).to.equal('in time');
    });
  });
}
