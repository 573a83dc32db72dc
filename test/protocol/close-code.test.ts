import { expect } from 'chai';
import { CloseCode, closeCodeName, isSendableCloseCode } from '../../src/protocol/close-code';

describe('isSendableCloseCode', () => {
  it('agrees with section 7.4 and the registry on every number of two bytes', () => {
    const ranges: Array<[first: number, last: number]> = [
      [1000, 1003],
      [1007, 1014],
      [3000, 4999],
    ];
    const isLegal = (code: number) => ranges.some(([first, last]) => code >= first && code <= last);
    for (let code = 0; code <= 0xffff; code++) {
      if (isSendableCloseCode(code) !== isLegal(code)) expect.fail(`wrong about ${code}`);
    }
  });

  it('refuses what is no whole number of two bytes', () => {
    for (const code of [-1, 1000.5, 4000.1, 65_536 + 1000, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(isSendableCloseCode(code), String(code)).to.equal(false);
    }
    for (const code of ['1000', null, undefined, {}]) {
      expect(isSendableCloseCode(code as number), String(code)).to.equal(false);
    }
  });

  it('lets every code of the table be sent but the three that stand for what did not come', () => {
    const unsendable = Object.values(CloseCode).filter((code) => !isSendableCloseCode(code));
    expect(unsendable).to.deep.equal([1005, 1006, 1015]);
  });
});

describe('closeCodeName', () => {
  it('says a code as a sentence would', () => {
    expect(closeCodeName(1000)).to.equal('normal closure');
    expect(closeCodeName(1001)).to.equal('going away');
    expect(closeCodeName(1006)).to.equal('abnormal closure');
    expect(closeCodeName(3000)).to.equal('registered');
    expect(closeCodeName(4000)).to.equal('application');
    expect(closeCodeName(4999)).to.equal('application');
    expect(closeCodeName(1004)).to.equal('unknown');
    expect(closeCodeName(5000)).to.equal('unknown');
  });
});
