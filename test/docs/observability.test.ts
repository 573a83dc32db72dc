import { expect } from 'chai';
import { MessageClients, refusedStatus } from '../support/message-clients';
import { ReaderFolder } from '../support/readme-examples';

describe('docs/how-to/observability.md', function () {
  this.timeout(30_000);
  const clients = new MessageClients();
  let reader: ReaderFolder;

  before(() => {
    reader = new ReaderFolder();
  });

  after(async () => {
    clients.terminate();
    await reader.dispose();
  });

  it('example dashboard is shown to this machine', async () => {
    const port = await reader.start('dashboard');
    const page = await fetch(`http://localhost:${port}/_switchboard/`);
    expect(page.status).to.equal(200);
    expect(await page.text()).to.match(/^<!doctype html>/i);
  });

  it('example metrics counts', async () => {
    const port = await reader.start('metrics');
    const { client, next } = await clients.open(`ws://localhost:${port}/echo`);
    client.send('hello');
    await next();
    const metrics = await (await fetch(`http://localhost:${port}/metrics.json`)).json();
    expect(metrics).to.deep.include({ messages: { received: 1, sent: 1 }, bytes: { received: 5, sent: 5 } });
    expect(metrics).to.have.nested.property('connections.open', 1);
  });

  it('example logger writes what happens', async () => {
    const port = await reader.start('logger');
    const line = reader.printed('logger', /"msg":".*"/);
    await clients.open(`ws://localhost:${port}/echo`);
    expect(await line).to.include('"level":20');
  });

  it('example channels tells of refusals', async () => {
    const port = await reader.start('channels');
    const line = reader.printed('channels', /refused/);
    expect(await refusedStatus(`ws://localhost:${port}/echo`, { origin: 'https://evil.example' })).to.equal(403);
    expect(await line).to.equal('refused: 403 FOREIGN_ORIGIN');
  });

  it('example prometheus is scraped', async () => {
    const port = await reader.start('prometheus');
    expect(await (await fetch(`http://localhost:${port}/metrics`)).text()).to.match(/^switchboard_connections/m);
  });

  it('example opentelemetry has the spans of a handshake, its handler and a message', async () => {
    expect(await reader.run('opentelemetry')).to.deep.equal(['CONSUMER INTERNAL SERVER']);
  });
});
