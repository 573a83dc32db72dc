import { once } from 'node:events';
import http, { type Server } from 'node:http';
import https from 'node:https';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { generate } from 'selfsigned';
import { asksBeforeUpgrading, handBack } from '../../src/server/ordinary-request';
import { TestServers } from '../support/test-servers';

/** As `receiveUpgrades` treats what it does not want: by asking Node not to upgrade where Node asks, else by `handBack`. */
function upgradingNothing<T extends Server>(server: T): T {
  if (asksBeforeUpgrading(server)) server.shouldUpgradeCallback = () => false;
  server.on('upgrade', (request, socket, head) => handBack(server, request, socket, head));
  return server;
}

describe('handBack', () => {
  let servers: TestServers;
  beforeEach(() => {
    servers = new TestServers();
  });
  afterEach(() => servers.close());

  const head = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 4\r\n`;

  const answering = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { upgrade, connection } = request.headers;
    response.end(JSON.stringify([request.method, request.url, body, upgrade, connection ?? '-']));
  };

  it('lets node:http read the request as an ordinary one, with its body', async () => {
    const port = await servers.listen(upgradingNothing(http.createServer(answering)));
    const client = await servers.client(port);
    await client.send(`${head('/a?b=c')}\r\nbody`).untilText('["POST","/a?b=c","body","h2c"');
  });

  it('is no new connection to whoever counts them', async () => {
    const server = upgradingNothing(http.createServer(answering));
    let connections = 0;
    server.on('connection', () => connections++);
    const port = await servers.listen(server);
    const client = await servers.client(port);
    await client.send(`${head('/')}\r\nbody`).untilText('"body"');
    expect(connections).to.equal(1);
  });

  for (const header of [
    'Proxy-Connection: Upgrade',
    'Proxy-Connection: keep-alive, upgrade',
    'connection:  UPGRADE ',
  ]) {
    it(`comes to an end for a client that says ${JSON.stringify(header)}`, async () => {
      const port = await servers.listen(upgradingNothing(http.createServer(answering)));
      const client = await servers.client(port);
      await client
        .send(`GET /proxy HTTP/1.1\r\nHost: x\r\n${header}\r\nUpgrade: h2c\r\n\r\n`)
        .untilText('["GET","/proxy"');
    });
  }

  it('keeps repeated headers, and their order', async () => {
    const raw: string[] = [];
    const server = upgradingNothing(
      http.createServer((request, response) => {
        raw.push(...request.rawHeaders);
        response.end('ok');
      }),
    );
    const port = await servers.listen(server);
    const client = await servers.client(port);
    await client.send(`${head('/')}X-A: 1\r\nx-a: 2\r\n\r\nbody`).untilText('ok');
    expect(raw.slice(-4)).to.deep.equal(['X-A', '1', 'x-a', '2']);
  });

  it('works over TLS', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    const server = upgradingNothing(https.createServer({ key, cert }, answering) as unknown as Server);
    const port = await servers.listen(server);
    const socket = connectTls({ port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write(`${head('/tls')}\r\nbody`);
    let text = '';
    while (!text.includes('"/tls","body"')) text += (await once(socket, 'data'))[0];
    socket.destroy();
  });
});
