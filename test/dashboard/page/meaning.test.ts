import { expect } from 'chai';
import { meaningOf } from '../../../src/dashboard/page/meaning';

describe('dashboard meanings', () => {
  it('are those of known codes, and none of others', () => {
    expect(meaningOf('1006')).to.equal('lost without a closing handshake');
    expect(meaningOf('SLOW_CONSUMER')).to.contain('maxBufferedAmount');
    expect(meaningOf('4005')).to.equal("the application's own");
    for (const code of ['NOBODY_KNOWS', 'toString', '40000']) expect(meaningOf(code)).to.equal('');
  });
});
