import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { admissionOptionNames, checkIdentified, resolveAdmission } from '../../src/server/admission-options';

describe('resolveAdmission', () => {
  it('limits nothing by itself but the handshakes that wait', () => {
    const none = Number.POSITIVE_INFINITY;
    expect(resolveAdmission({})).to.deep.equal({
      maxConnections: none,
      maxConnectionsPerAddress: none,
      maxConnectionsPerUser: none,
      maxPendingHandshakes: 1000,
      maxPendingHandshakesPerAddress: none,
    });
  });

  for (const name of admissionOptionNames) {
    it(`takes a number or false for ${name}, and refuses all else`, () => {
      expect(resolveAdmission({ [name]: 7 })[name]).to.equal(7);
      expect(resolveAdmission({ [name]: false })[name]).to.equal(Number.POSITIVE_INFINITY);
      for (const wrong of [0, -1, 1.5, '7', true, null, Number.NaN]) {
        expect(() => resolveAdmission({ [name]: wrong }), String(wrong)).to.throw(InvalidOptionError, name);
      }
    });
  }

  it('takes from the base what is not given', () => {
    const base = resolveAdmission({ maxConnections: 5, maxPendingHandshakes: 6 });
    expect(resolveAdmission({ maxConnections: false }, base)).to.include({
      maxConnections: Number.POSITIVE_INFINITY,
      maxPendingHandshakes: 6,
    });
  });
});

describe('checkIdentified', () => {
  it('refuses to count users whom nobody knows', () => {
    const limits = resolveAdmission({ maxConnectionsPerUser: 1 });
    expect(() => checkIdentified('test', limits, undefined)).to.throw(InvalidOptionError, "needs option 'identify'");
    checkIdentified('test', limits, () => 'ann');
    checkIdentified('test', resolveAdmission({}), undefined);
  });
});
