import { expect } from 'chai';
import type { WholeRequest } from '../../support/http-client';
import { describeOverHttp, type HttpSite } from '../../support/http-site';

/** The status, or the name of the error that came instead: of the client's own check, or the stream's. */
async function outcome(site: HttpSite, request: WholeRequest): Promise<number | string | undefined> {
  try {
    return (await site.ask(request)).status;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return /NGHTTP2_\w+/.exec(message)?.[0] ?? code;
  }
}

type Outcomes = Record<'1.1' | '2.0', number | string>;

const both = (status: number): Outcomes => ({ '1.1': status, '2.0': status });

/** What is asked, and what comes of it: where HTTP/2 has rules of its own, its answer is another one. */
const requests: Array<[title: string, request: WholeRequest, outcomes: Outcomes]> = [
  ['a method that nobody knows', { method: 'FETCH' }, both(400)],
  // The client of HTTP/1.1 writes it in capitals.
  ['a method in small letters', { method: 'get' }, { '1.1': 200, '2.0': 400 }],
  ['an expectation that nobody knows', { method: 'POST', headers: { expect: 'wonders' }, body: 'x' }, both(417)],
  ['a header that is too long', { headers: { 'x-long': 'x'.repeat(17_000) } }, both(431)],
  ['headers that are too long together', { headers: manyHeaders(100, 200) }, both(431)],
  ['a path that is too long', { path: `/${'x'.repeat(17_000)}` }, both(431)],
  // node:http2 takes no more than 128 headers, and says so before anybody is asked: its option `maxHeaderListPairs`.
  ['two hundred headers', { headers: manyHeaders(200, 1) }, { '1.1': 200, '2.0': 'NGHTTP2_ENHANCE_YOUR_CALM' }],
  // The client of HTTP/1.1 refuses to send these; that of HTTP/2 sends them.
  [
    'a path with a line break',
    { path: '/ HTTP/1.1\r\nx-injected: yes\r\n\r\nGET /' },
    { '1.1': 'ERR_UNESCAPED_CHARACTERS', '2.0': 'NGHTTP2_PROTOCOL_ERROR' },
  ],
  ['a path with a blank', { path: '/a b' }, { '1.1': 'ERR_UNESCAPED_CHARACTERS', '2.0': 'NGHTTP2_PROTOCOL_ERROR' }],
  ['a path beyond ASCII', { path: '/caf\xe9' }, { '1.1': 400, '2.0': 400 }],
  [
    'a method with a line break',
    { method: 'GET / HTTP/1.1\r\nx-injected: yes\r\n\r\nGET' },
    { '1.1': 'ERR_INVALID_HTTP_TOKEN', '2.0': 'NGHTTP2_PROTOCOL_ERROR' },
  ],
  [
    'a host with a line break',
    { headers: { host: 'a.example\r\nx-injected: yes' } },
    { '1.1': 'ERR_INVALID_CHAR', '2.0': 'NGHTTP2_PROTOCOL_ERROR' },
  ],
  // RFC 9113, section 8.2.1 would have it refused; node:http2 leaves it out.
  [
    'a header with a line break',
    { headers: { 'x-evil': 'a\r\nx-injected: yes' } },
    { '1.1': 'ERR_INVALID_CHAR', '2.0': 200 },
  ],
];

describeOverHttp('what is refused before an app is asked', (site) => {
  let seen: string[];
  beforeEach(() => {
    seen = [];
    site.app.use((req, res) => {
      seen.push(req.url, ...Object.keys(req.headers));
      res.send('a page');
    });
  });

  for (const [title, request, outcomes] of requests) {
    const expected = outcomes[site.row.version];
    it(`${title}: ${expected}`, async () => {
      expect(await outcome(site, request)).to.equal(expected);
      if (expected !== 200) expect(seen).to.deep.equal([]);
      expect(seen).to.not.include.members(['x-injected']).and.not.include.members(['x-evil']);
      expect(await outcome(site, { path: '/next' })).to.equal(200);
    });
  }

  // In HTTP/1.1 what follows a body is another request; in HTTP/2 nothing follows (RFC 9113, section 8.1.1).
  if (site.row.version === '2.0') {
    it('a body that is longer than its length is no second request', async () => {
      const exchange = site.open({ method: 'POST', headers: { 'content-length': 3 } });
      exchange.body.on('error', () => {});
      exchange.body.end('abcGET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n');
      await exchange.answer().catch(() => {});
      // It may have cost the client its connection.
      site.disconnect();
      expect(await outcome(site, { path: '/next' })).to.equal(200);
      expect(seen).to.not.include('/smuggled');
    });
  }
});

function manyHeaders(count: number, length: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'x'.repeat(length)]));
}
