import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { InvalidOptionError } from '../../src/protocol/errors';
import { ConnectionSet, checkCloseAll } from '../../src/server/connection-set';
import { createConnectionPair } from '../support/connection-pair';

describe('ConnectionSet', () => {
  function filled(count: number): {
    set: ConnectionSet;
    clients: WebSocketConnection[];
    servers: WebSocketConnection[];
  } {
    const set = new ConnectionSet();
    const pairs = Array.from({ length: count }, () => createConnectionPair());
    for (const { server } of pairs) set.add(server);
    return { set, clients: pairs.map(({ client }) => client), servers: pairs.map(({ server }) => server) };
  }

  it('holds open connections, and lets them go when they close', async () => {
    const { set, clients, servers } = filled(2);
    expect(set.size).to.equal(2);
    expect([...set]).to.deep.equal(servers);
    clients[0]!.close(1000);
    await servers[0]!.closed;
    expect(set.has(servers[0]!)).to.equal(false);
    expect([...set]).to.deep.equal([servers[1]]);
    await set.closeAll();
  });

  it('does not keep a connection that has closed before it was added', async () => {
    const { client, server } = createConnectionPair();
    client.close(1000);
    await server.closed;
    const set = new ConnectionSet();
    set.add(server);
    expect(set.size).to.equal(0);
  });

  it('closes all of them with 1001, and waits for them', async () => {
    const { set, clients } = filled(3);
    const closures = Promise.all(clients.map((client) => client.closed));
    await set.closeAll();
    expect(set.size).to.equal(0);
    for (const { code } of await closures) expect(code).to.equal(1001);
  });

  it('takes another code and a reason', async () => {
    const { set, clients } = filled(1);
    const closed = clients[0]!.closed;
    await set.closeAll({ code: 1012, reason: 'new version' });
    expect(await closed).to.include({ code: 1012, reason: 'new version' });
  });

  it('cuts those that do not answer', async () => {
    const { set, clients, servers } = filled(1);
    clients[0]!.pause();
    await set.closeAll({ timeout: 20 });
    expect(servers[0]!.readyState).to.equal(3);
  });

  it('resolves at once when there is nothing to close', () => new ConnectionSet().closeAll());

  for (const options of [{ code: 1005 }, { code: 1 }, { reason: 'x'.repeat(124) }, { timeout: 0 }, { tiemout: 5 }]) {
    it(`refuses ${JSON.stringify(options).slice(0, 40)}, and closes nothing`, async () => {
      const { set } = filled(1);
      const error = await set.closeAll(options as never).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(InvalidOptionError);
      expect([...set][0]!.readyState).to.equal(1);
      expect(() => checkCloseAll(options as never)).to.throw(InvalidOptionError);
      await set.closeAll();
    });
  }
});
