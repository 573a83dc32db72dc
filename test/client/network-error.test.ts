import { expect } from 'chai';
import { answerError, networkError } from '../../src/client/network-error';
import { ConnectError, HandshakeError } from '../../src/protocol/errors';

const failure = (code: string, message = 'words') => Object.assign(new Error(message), { code });

describe('networkError', () => {
  it('keeps code and cause', () => {
    const cause = failure('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1');
    const error = networkError(cause, 'ws://a:1');
    expect(error).to.be.instanceOf(ConnectError);
    expect(error).to.include({ code: 'ECONNREFUSED', cause });
    expect(error.message).to.equal('Could not connect to ws://a:1: connect ECONNREFUSED 127.0.0.1:1');
  });

  it('has words for several addresses, where Node has none', () => {
    const all = Object.assign(new AggregateError([new Error('first'), new Error('second')]), { code: 'ECONNREFUSED' });
    expect(networkError(all, 'ws://a').message).to.equal('Could not connect to ws://a: first; second');
  });

  it('leaves out where OpenSSL says so', () => {
    const raw =
      '80FC:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../ssl/record.c:80:\n';
    for (const message of [raw, `write EPROTO ${raw}`]) {
      const cause = failure('ERR_SSL_WRONG_VERSION_NUMBER', message);
      const error = networkError(cause, 'wss://a');
      expect(error.message).to.equal(
        'Could not connect to wss://a: TLS failed: wrong version number (does it speak TLS at all? If not, its URL begins with ws://)',
      );
      expect(error.cause).to.equal(cause);
    }
  });

  it('has a code where Node has none', () => {
    expect(networkError(new Error('odd'), 'ws://a').code).to.equal('CONNECT_FAILED');
  });

  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ]) {
    it(`says what helps against ${code}`, () => {
      expect(networkError(failure(code), 'wss://a').message).to.match(/words \(tls: \{ ca \} makes/);
    });
  }
});

describe('answerError', () => {
  it('tells an answer that is no HTTP from a lost connection', () => {
    const garbage = answerError(failure('HPE_INVALID_CONSTANT'), 'ws://a');
    expect(garbage).to.be.instanceOf(HandshakeError);
    expect(garbage).to.include({ code: 'INVALID_RESPONSE', status: 502 });
    expect(garbage.message).to.match(/; does it want wss:\/\/ or https:\/\/\?$/);
    expect(answerError(failure('HPE_HEADER_OVERFLOW'), 'ws://a')).to.include({ code: 'HEAD_TOO_LARGE', status: 502 });
    const lost = answerError(failure('ECONNRESET', 'socket hang up'), 'ws://a');
    expect(lost).to.be.instanceOf(ConnectError);
    expect(lost.message).to.equal(
      'Could not connect to ws://a: it closed the connection without an answer; does it want wss://?',
    );
    expect(answerError(failure('EPIPE'), 'ws://a')).to.include({
      code: 'EPIPE',
      message: 'Could not connect to ws://a: words',
    });
  });

  describe('of an answer in HTTP/2', () => {
    const begins = (hex: string) =>
      Object.assign(failure('HPE_INVALID_CONSTANT'), { rawPacket: Buffer.from(hex, 'hex') });
    const settings = '000000040000000000';
    const hint = 'it speaks HTTP/2 without TLS; option http2: true reaches it';

    it('knows SETTINGS, which come first', () => {
      for (const hex of [settings, `${settings}000000040100000000`, '000006040000000000000800000001']) {
        expect(answerError(begins(hex), 'ws://a').message).to.equal(`The answer of ws://a is not HTTP/1.1: ${hint}`);
      }
      expect(answerError(begins(settings), 'the socket /run/app.sock').message).to.include(hint);
    });

    it('takes nothing else for them', () => {
      const others = ['', '0000000400000000', '000000070000000000', '000000040000000001', '000005040000000000'];
      for (const hex of others) expect(answerError(begins(hex), 'ws://a').message).not.to.include('HTTP/2');
    });

    it('gives no advice where the option would not help', () => {
      for (const where of ['wss://a', 'the proxy http://a']) {
        expect(answerError(begins(settings), where).message).not.to.include('http2');
      }
    });
  });
});
