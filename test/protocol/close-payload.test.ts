import { expect } from 'chai';
import { encodeClosePayload, fitCloseReason, maxCloseReason, readClosePayload } from '../../src/protocol/close-payload';
import { InvalidOptionError, InvalidPayloadError, ProtocolError } from '../../src/protocol/errors';
import { errorOf } from './support/error-of';
import { hex } from './support/frames';

describe('readClosePayload', () => {
  it('reads a code and a reason', () => {
    expect(readClosePayload(hex('03e8 627965'))).to.deep.equal({ code: 1000, reason: 'bye' });
    expect(readClosePayload(hex('0fa0 4772c3bcc39f65'))).to.deep.equal({ code: 4000, reason: 'Grüße' });
  });

  it('reads a code alone', () => {
    expect(readClosePayload(hex('03e9'))).to.deep.equal({ code: 1001, reason: '' });
  });

  it('reads nothing as 1005, which never is on the wire', () => {
    expect(readClosePayload(Buffer.alloc(0))).to.deep.equal({ code: 1005, reason: '' });
  });

  it('refuses half of a code', () => {
    const error = errorOf(ProtocolError, () => readClosePayload(hex('03')));
    expect(error.code).to.equal('INVALID_CLOSE_PAYLOAD');
  });

  it('refuses a code that must not be sent, and names it', () => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535]) {
      const error = errorOf(ProtocolError, () => readClosePayload(Buffer.from([code >> 8, code & 0xff])));
      expect(error).to.include({ code: 'INVALID_CLOSE_CODE', closeCode: 1002 });
      expect(error.message).to.include(` ${code},`);
    }
  });

  it('refuses a reason that is not UTF-8', () => {
    for (const reason of ['ff', '61c3', 'eda080', 'c0af']) {
      const error = errorOf(InvalidPayloadError, () => readClosePayload(hex(`03e8${reason}`)));
      expect(error.closeCode).to.equal(1007);
    }
  });
});

describe('encodeClosePayload', () => {
  it('encodes a code and a reason', () => {
    expect(encodeClosePayload(1000, 'bye').toString('hex')).to.equal('03e8627965');
    expect(encodeClosePayload(4999).toString('hex')).to.equal('1387');
  });

  it('encodes nothing without a code', () => {
    expect(encodeClosePayload()).to.have.length(0);
  });

  it('is read back as it was', () => {
    for (const reason of ['', 'x', 'κόσμε', '👋'.repeat(30), 'r'.repeat(maxCloseReason)]) {
      expect(readClosePayload(encodeClosePayload(3000, reason))).to.deep.equal({ code: 3000, reason });
    }
  });

  it('sends half a surrogate pair as the replacement character, never as what a peer would refuse', () => {
    expect(readClosePayload(encodeClosePayload(1000, 'a\ud800'))).to.deep.equal({ code: 1000, reason: 'a\ufffd' });
  });

  it('refuses codes that must not be sent', () => {
    for (const code of [0, 999, 1005, 1006, 1015, 5000, 1000.5, Number.NaN, '1000', null]) {
      const error = errorOf(InvalidOptionError, () => encodeClosePayload(code as number));
      expect(error, String(code)).to.include({ code: 'INVALID_CLOSE_CODE', fault: 'caller' });
    }
  });

  it('refuses a reason longer than 123 bytes of UTF-8, and says how long it is', () => {
    expect(encodeClosePayload(1000, 'ä'.repeat(61))).to.have.length(124);
    const error = errorOf(InvalidOptionError, () => encodeClosePayload(1000, 'ä'.repeat(62)));
    expect(error.code).to.equal('INVALID_CLOSE_REASON');
    expect(error.message).to.include('123').and.to.include('124');
  });

  it('refuses a reason without a code', () => {
    expect(errorOf(InvalidOptionError, () => encodeClosePayload(undefined, 'why')).code).to.equal(
      'INVALID_CLOSE_REASON',
    );
  });

  it('refuses a reason that is no string', () => {
    for (const reason of [5, null, Buffer.from('bye'), {}]) {
      const error = errorOf(InvalidOptionError, () => encodeClosePayload(1000, reason as unknown as string));
      expect(error.code).to.equal('INVALID_CLOSE_REASON');
    }
  });
});

describe('fitCloseReason', () => {
  it('leaves what fits as it is', () => {
    for (const reason of ['', 'short', 'r'.repeat(123), '€'.repeat(41)])
      expect(fitCloseReason(reason)).to.equal(reason);
  });

  it('cuts the rest between characters, wherever the limit falls into one', () => {
    for (const letter of ['r', 'é', '€', '👋']) {
      for (const before of ['', '.', '..', '...']) {
        const reason = fitCloseReason(before + letter.repeat(200));
        expect(reason).to.match(new RegExp(`^${before.replaceAll('.', '\\.')}(${letter})+…$`, 'u'));
        expect(Buffer.byteLength(reason)).to.be.within(maxCloseReason - 3, maxCloseReason);
        expect(encodeClosePayload(1000, reason)).to.have.length.at.most(125);
      }
    }
  });
});
