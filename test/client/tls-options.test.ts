import { expect } from 'chai';
import { foreignTls } from '../../src/client/tls-options';

describe('foreignTls', () => {
  it('says whom to trust, and not who we are', () => {
    const trust = { ca: 'authority', rejectUnauthorized: true, minVersion: 'TLSv1.3' } as const;
    const own = {
      cert: 'c',
      key: 'k',
      pfx: 'p',
      passphrase: 's',
      servername: 'n',
      session: Buffer.of(1),
      secureContext: {},
    };
    expect(foreignTls({ ...trust, ...own } as never)).to.deep.equal(trust);
  });
});
