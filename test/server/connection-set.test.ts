import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { ConnectionSet } from '../../src/server/connection-set';
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
    const closing = set.closeAll();
    expect(set.isClosing).to.equal(true);
    await closing;
    expect(set.isClosing).to.equal(false);
    expect(set.size).to.equal(0);
    for (const { code } of await closures) expect(code).to.equal(1001);
  });

  it('takes another code and a reason', async () => {
    const { set, clients } = filled(1);
    const closed = clients[0]!.closed;
    await set.closeAll({ code: 1012, reason: 'new version' });
    expect(await closed).to.include({ code: 1012, reason: 'new version' });
  });

  it('closes one that comes meanwhile as well', async () => {
    const { set } = filled(1);
    const late = createConnectionPair();
    const closing = set.closeAll({ code: 1012 });
    set.add(late.server);
    await closing;
    expect(set.size).to.equal(0);
    expect(await late.client.closed).to.include({ code: 1012 });
  });

  it('hurries when it is asked again, with the same promise', async () => {
    const { set, clients } = filled(3);
    const closures = Promise.all(clients.map((client) => client.closed));
    const closing = set.closeAll({ over: 3_600_000 });
    expect(set.closeAll({ over: 0 })).to.equal(closing);
    await closing;
    for (const { code } of await closures) expect(code).to.equal(1001);
  });

  it('can close again what comes afterwards', async () => {
    const { set } = filled(1);
    await set.closeAll();
    const later = createConnectionPair();
    set.add(later.server);
    await set.closeAll({ code: 1012 });
    expect(await later.client.closed).to.include({ code: 1012 });
  });

  it('cuts those that do not answer', async () => {
    const { set, clients, servers } = filled(1);
    clients[0]!.pause();
    await set.closeAll({ timeout: 20 });
    expect(servers[0]!.readyState).to.equal(3);
  });

  it('resolves at once when there is nothing to close', () => new ConnectionSet().closeAll());
});
