import { execFile } from 'node:child_process';
import { expect } from 'chai';
import { debianTool } from '../support/debian-tool';
import { parseResponse, sampleAccept, sampleKey } from '../support/raw-client';
import { PeerServer } from './support/peer-server';

/** An opening handshake by hand. */
const handshake: Record<string, string> = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': sampleKey,
};

const requiresUpgrade = { upgrade: 'websocket', 'sec-websocket-version': '13' };
const refusesVersion = { 'sec-websocket-version': '13', upgrade: 'websocket', connection: 'close, Upgrade' };
const head = ['--head'];
const post = ['--data', 'x=1'];
const http10 = ['--http1.0'];

/** What is asked, and the status, headers and part of the body that have to come. */
const refusals: Array<
  [title: string, path: string, headers: Record<string, string>, args: string[], expected: Expected]
> = [
  ['a path without a route', '/nowhere', handshake, [], { status: 404, body: 'Cannot GET /nowhere' }],
  ['a page', '/page', handshake, [], { status: 404, body: 'Cannot GET /page' }],
  ['a guard', '/guarded', handshake, [], { status: 401, body: '{"error":"log in"}' }],
  [
    'a foreign origin',
    '/echo',
    { ...handshake, Origin: 'https://evil.example' },
    [],
    { status: 403, body: 'evil.example' },
  ],
  ['no key', '/echo', { ...handshake, 'Sec-WebSocket-Key': '' }, [], { status: 400, body: 'Sec-WebSocket-Key' }],
  ['a short key', '/echo', { ...handshake, 'Sec-WebSocket-Key': 'c2hvcnQ=' }, [], { status: 400, body: '16 bytes' }],
  [
    'another version',
    '/echo',
    { ...handshake, 'Sec-WebSocket-Version': '8' },
    [],
    { status: 426, body: 'must be 13', headers: refusesVersion },
  ],
  ['a HEAD', '/echo', handshake, head, { status: 405, body: '', headers: { allow: 'GET' } }],
  ['a POST with a body', '/echo', handshake, post, { status: 400, body: 'must not have a body' }],
  ['HTTP/1.0', '/echo', handshake, http10, { status: 400, body: 'HTTP/1.1' }],
  ['an ordinary GET', '/echo', {}, [], { status: 426, body: 'speaks WebSocket', headers: requiresUpgrade }],
  [
    'an ordinary GET of HTTP/1.0',
    '/echo',
    {},
    http10,
    { status: 426, body: 'speaks WebSocket', headers: requiresUpgrade },
  ],
  ['an ordinary HEAD', '/echo', {}, head, { status: 426, body: '', headers: requiresUpgrade }],
  ['an ordinary POST', '/echo', {}, post, { status: 404, body: 'Cannot POST /echo' }],
];

const fixed = ['--silent', '--include', '--max-time', '5', '--noproxy', '*'];

interface Expected {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

/** Debian 12's curl has no `ws:`; what it can see is the HTTP side. */
describe('curl and our server', () => {
  let curl: string;
  let server: PeerServer;

  before(async function () {
    this.timeout(60_000);
    curl = debianTool(this, 'curl');
    server = new PeerServer();
    // curl does not answer a close frame: the time-out ends its connection.
    server.app.ws('/farewell', { closeTimeout: 20, subprotocols: ['chat.v2'] }, (socket) => {
      socket.send('hello');
      socket.close(1000);
    });
    await server.listen();
  });
  after(() => server?.close());

  /** `exit` is curl's: 0, or 18 when less of the body came than was announced, or 28 when it had to wait too long. */
  async function request(path: string, headers: Record<string, string>, args: string[] = []) {
    const { exit, output } = await new Promise<{ exit: unknown; output: Buffer }>((resolve) => {
      const all = [...fixed, ...headerArguments(headers), ...args, `http://${server.host}${path}`];
      execFile(curl, all, { encoding: 'buffer' }, (error, output) => resolve({ exit: error?.code ?? 0, output }));
    });
    const { rest, ...response } = parseResponse(output.toString('latin1'));
    return { exit, ...response, body: rest };
  }

  it('gets the 101 with the right accept, and the frames behind it', async () => {
    const { exit, status, headers, body } = await request('/farewell', handshake);
    expect([exit, status]).to.deep.equal([0, 101]);
    expect(headers).to.include({ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': sampleAccept });
    expect(headers).to.not.have.any.keys(
      'content-length',
      'transfer-encoding',
      'content-type',
      'sec-websocket-protocol',
    );
    expect(body.toString('latin1')).to.equal('\x81\x05hello\x88\x02\x03\xe8');
  });

  it('gets the 101 whatever the case of names and tokens, and between other tokens', async () => {
    const spelled = {
      connection: 'keep-alive, UPGRADE',
      UPGRADE: 'WebSocket',
      'sec-websocket-version': '13',
      'SEC-WEBSOCKET-KEY': sampleKey,
    };
    expect((await request('/farewell', spelled)).status).to.equal(101);
  });

  it('gets the chosen subprotocol', async () => {
    const { status, headers } = await request('/farewell', {
      ...handshake,
      'Sec-WebSocket-Protocol': 'other, chat.v2',
    });
    expect([status, headers['sec-websocket-protocol']]).to.deep.equal([101, 'chat.v2']);
  });

  describe('gets a complete refusal for', () => {
    for (const [title, path, headers, args, expected] of refusals) {
      it(title, async () => {
        const answer = await request(path, headers, args);
        expect({ exit: answer.exit, status: answer.status }).to.deep.equal({ exit: 0, status: expected.status });
        expect(answer.headers).to.include(expected.headers ?? {});
        if (args === head) expect(answer.body.length).to.equal(0);
        else expect(String(answer.body)).to.include(expected.body);
        if (args !== head) expect(answer.headers['content-length']).to.equal(String(answer.body.length));
      });
    }
  });

  it('gets a page as ever, also when it offers HTTP/2 by an upgrade', async () => {
    for (const args of [[], ['--http2'], ['--http1.0']]) {
      const { exit, status, body } = await request('/page', {}, args);
      expect({ exit, status, body: String(body) }).to.deep.equal({ exit: 0, status: 200, body: 'a page' });
    }
  });

  it('may ask for a page first, and upgrade the same connection', async () => {
    const counted = ['--write-out', ' (%{http_code}, %{num_connects} new connections) '];
    const second = ['--next', ...fixed, ...counted, ...headerArguments(handshake)];
    const { exit, body } = await request('/farewell', {}, [...counted, `http://${server.host}/page`, ...second]);
    expect(exit).to.equal(0);
    expect(String(body)).to.include('a page (200, 1 new connections)').and.include('(101, 0 new connections)');
  });
});

function headerArguments(headers: Record<string, string>): string[] {
  // With a semicolon curl sends a header that is empty.
  return Object.entries(headers).flatMap(([name, value]) => ['--header', value ? `${name}: ${value}` : `${name};`]);
}
