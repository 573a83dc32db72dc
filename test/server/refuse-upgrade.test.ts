import http from 'node:http';
import { expect } from 'chai';
import { HandshakeError } from '../../src/protocol/errors';
import { refuseUpgrade } from '../../src/server/refuse-upgrade';
import { parseResponse } from '../support/raw-client';
import { TestServers } from '../support/test-servers';

describe('refuseUpgrade', () => {
  let servers: TestServers;
  beforeEach(() => {
    servers = new TestServers();
  });
  afterEach(() => servers.close());

  async function answered(respond: (response: http.ServerResponse) => void, connection = 'close'): Promise<string> {
    const port = await servers.listen(http.createServer((_request, response) => respond(response)));
    const client = await servers.client(port);
    client.send(`GET / HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`);
    return connection === 'close' ? client.rest() : String(await client.untilText('\n\n'));
  }

  it('sends status, headers and message', async () => {
    const error = new HandshakeError('Wrong version: grüße', { status: 426, headers: { Upgrade: 'websocket' } });
    const { status, headers, rest } = parseResponse(
      Buffer.from(await answered((response) => refuseUpgrade(response, error)), 'latin1'),
    );
    expect(status).to.equal(426);
    expect(headers).to.include({
      upgrade: 'websocket',
      connection: 'close, Upgrade',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(rest.toString()).to.equal('Wrong version: grüße\n');
    expect(Number(headers['content-length'])).to.equal(rest.length);
  });

  it('takes back what was said about another body', async () => {
    const text = await answered((response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.setHeader('ETag', '"x"');
      response.setHeader('Set-Cookie', 'a=b');
      refuseUpgrade(response, new HandshakeError('No', { status: 403 }));
    });
    expect(text).to.not.match(/content-encoding|etag/i);
    expect(text).to.include('Set-Cookie: a=b');
  });

  it('does nothing when an answer has begun', async () => {
    const text = await answered((response) => {
      response.writeHead(200);
      refuseUpgrade(response, new HandshakeError('No', { status: 403 }));
      response.end('done');
    });
    expect(text).to.include('200 OK').and.not.include('403');
  });

  it('keeps no header that would need two lines', async () => {
    const error = new HandshakeError('No', { status: 403, headers: { 'X-A': 'a\r\nSet-Cookie: evil=1' } });
    let thrown: unknown;
    await answered((response) => {
      try {
        refuseUpgrade(response, error);
      } catch (e) {
        thrown = e;
        response.end();
      }
    });
    expect(thrown).to.include({ code: 'ERR_INVALID_CHAR' });
  });
});
