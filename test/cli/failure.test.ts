import { expect } from 'chai';
import { ExitCode } from '../../src/cli/exit-codes';
import { exitCodeOf, Failure, words } from '../../src/cli/failure';
import {
  ConnectError,
  ConnectionClosedError,
  HandshakeError,
  InvalidOptionError,
  InvalidPayloadError,
  InvalidStateError,
  MessageTooBigError,
  OverloadError,
  PolicyError,
  ProtocolError,
  TimeoutError,
} from '../../src/protocol/errors';

describe('the end of the command line', () => {
  for (const Kind of [
    ConnectionClosedError,
    ProtocolError,
    InvalidPayloadError,
    MessageTooBigError,
    PolicyError,
    OverloadError,
    TimeoutError,
  ]) {
    it(`is a lost connection by a ${Kind.name}, in a sentence`, () => {
      const error = new Kind('It is over', { code: 'SOME_CODE' });
      expect(exitCodeOf(error)).to.equal(ExitCode.ConnectionLost);
      expect(words(error)).to.equal('It is over');
    });
  }

  it('is no connection where the handshake failed, or took too long', () => {
    for (const error of [
      new HandshakeError('Forbidden', { status: 403 }),
      new ConnectError('Nobody listens', { code: 'ECONNREFUSED' }),
      new TimeoutError('No answer', { code: 'HANDSHAKE_TIMEOUT' }),
    ]) {
      expect(exitCodeOf(error), error.name).to.equal(ExitCode.NotConnected);
      expect(words(error)).to.equal(error.message);
    }
  });

  it('is wrong usage by an option that cannot be', () => {
    const error = new InvalidOptionError('Too large');
    expect([exitCodeOf(error), words(error)]).to.deep.equal([ExitCode.Usage, 'Too large']);
  });

  it('shows where a mistake of this program came from', () => {
    for (const error of [new TypeError('x is not a function'), new InvalidStateError('Not open')]) {
      expect(exitCodeOf(error)).to.equal(ExitCode.Failed);
      expect(words(error)).to.equal(error.stack);
    }
    expect(words('thrown')).to.equal('thrown');
  });

  it('is what a Failure says', () => {
    const failure = new Failure('Nothing came.', ExitCode.Unmet);
    expect([exitCodeOf(failure), words(failure)]).to.deep.equal([ExitCode.Unmet, 'Nothing came.']);
  });
});
