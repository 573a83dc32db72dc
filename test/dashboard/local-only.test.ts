import { expect } from 'chai';
import { refusalOfRemote } from '../../src/dashboard/local-only';
import type { ExpressRequest } from '../../src/express/express-internals';
import { ExpressApps, expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`dashboard for this machine only (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    /** What Express makes of a request from this address, with these headers. */
    function refusal(address: string | undefined, headers: Record<string, string> = {}, trust?: unknown) {
      const { app } = apps.app();
      if (trust !== undefined) app.set('trust proxy', trust);
      const request = Object.create(app.request, {
        app: { value: app },
        socket: { value: { remoteAddress: address } },
        headers: { value: { host: 'localhost:8765', ...headers } },
        rawHeaders: { value: Object.entries({ host: 'localhost:8765', ...headers }).flat() },
      }) as ExpressRequest;
      return refusalOfRemote(request)?.message;
    }

    for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
      it(`lets ${address} in`, () => expect(refusal(address)).to.equal(undefined));
    }

    for (const address of [
      '192.168.1.7',
      '10.0.0.1',
      '::ffff:10.0.0.1',
      'fe80::1',
      '2001:db8::1',
      '0.0.0.0',
      undefined,
    ]) {
      it(`keeps ${address ?? 'who has no address, as on a Unix socket,'} out`, () => {
        expect(refusal(address)).to.match(
          /^The dashboard is shown to this machine only, and .* dangerouslyAllowRemote: true$/,
        );
      });
    }

    for (const host of ['localhost', 'LOCALHOST:3000', '127.0.0.1:8765', '127.1.2.3', '[::1]:8765', '[::1]']) {
      it(`lets requests for the host ${host} in`, () => expect(refusal('127.0.0.1', { host })).to.equal(undefined));
    }

    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil.example@localhost',
      '',
      '0.0.0.0',
      '[::2]',
    ]) {
      it(`keeps requests for the host '${host}' out, which any page may have pointed here`, () => {
        expect(refusal('127.0.0.1', { host })).to.contain(
          `was for the host ${JSON.stringify(host)}, not for localhost`,
        );
      });
    }

    for (const [name, value] of [
      ['x-forwarded-for', '127.0.0.1'],
      ['x-forwarded-host', 'localhost'],
      ['x-forwarded-proto', 'https'],
      ['forwarded', 'for=127.0.0.1'],
      ['via', '1.1 proxy'],
      ['x-real-ip', '127.0.0.1'],
      ['cf-connecting-ip', '127.0.0.1'],
    ] as const) {
      it(`keeps out what came through a proxy that nobody said to trust (${name})`, () => {
        expect(refusal('127.0.0.1', { [name]: value })).to.contain(`through a proxy (${name})`);
      });
    }

    it('lets in what came through trusted proxies, where every hop was of this machine', () => {
      const local = { 'x-forwarded-for': '127.0.0.1, ::1', 'x-forwarded-host': 'localhost', host: 'upstream:80' };
      expect(refusal('127.0.0.1', local, 'loopback')).to.equal(undefined);
      expect(refusal('127.0.0.1', local, true)).to.equal(undefined);
      expect(refusal('127.0.0.1', { ...local, 'x-forwarded-host': 'evil.example' }, true)).to.contain('for the host');
    });

    for (const [what, headers] of [
      ['the client is remote', { 'x-forwarded-for': '203.0.113.7' }],
      [
        'the client says that it is local, and the proxy adds its address',
        { 'x-forwarded-for': '127.0.0.1, 203.0.113.7' },
      ],
      ['the client has put an address before its own', { 'x-forwarded-for': '203.0.113.7, 127.0.0.1' }],
      ['two headers contradict each other', { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '203.0.113.7' }],
      ['nobody knows where it came from', { 'x-forwarded-proto': 'https' }],
      ['a header speaks that Express does not read', { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=203.0.113.7' }],
      ['an address is none', { 'x-forwarded-for': 'unknown' }],
    ] as const) {
      it(`keeps out what came through trusted proxies where ${what}`, () => {
        for (const trust of [true, 1, 'loopback']) {
          expect(refusal('127.0.0.1', headers, trust), String(trust)).to.contain('through a proxy');
        }
      });
    }
  });
}
