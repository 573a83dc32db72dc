import { expect } from 'chai';
import { foreignHint } from '../../src/protocol/foreign-options';

describe('foreignHint', () => {
  it('says what an option of other libraries is called here, or where it belongs', () => {
    expect(foreignHint('maxPayload', ['maxMessageSize'])).to.equal("It is called 'maxMessageSize' here");
    expect(foreignHint('ca', ['tls'])).to.equal("It goes into option 'tls': { tls: { ca } }");
    expect(foreignHint('verifyClient', ['allowedOrigins'])).to.include('Middleware');
    expect(foreignHint('cors', ['allowedOrigins'])).to.include("'allowedOrigins'");
    expect(foreignHint('path', ['shutdown'])).to.include('app.ws(path, handler)');
    expect(foreignHint('server', ['shutdown'])).to.include('board.attach(server)');
    expect(foreignHint('history', ['shutdown'])).to.include('rooms({ history })');
    expect(foreignHint('adapter', ['shutdown'])).to.include('new Hub({ adapter })');
    expect(foreignHint('zlibDeflateOptions', ['level'])).to.include("'level'");
  });

  it('says nothing where that is not known either, or the name is nobody’s', () => {
    expect(foreignHint('maxPayload', ['other'])).to.equal(undefined);
    expect(foreignHint('maxMesageSize', ['maxMessageSize'])).to.equal(undefined);
    expect(foreignHint('constructor', ['tls'])).to.equal(undefined);
  });
});
