import { expect } from 'chai';
import { dashboard } from '../../src/dashboard/dashboard';
import { type DashboardOptions, resolveDashboardOptions } from '../../src/dashboard/options';
import { InvalidOptionError } from '../../src/protocol/errors';

describe('dashboard options', () => {
  it('show the dashboard to this machine only, when nothing is said', () => {
    expect(resolveDashboardOptions({})).to.deep.equal({ dangerouslyAllowRemote: false });
  });

  it('are refused where they are unknown, or wrong', () => {
    expect(() => dashboard({ allowRemote: true } as DashboardOptions)).to.throw(
      InvalidOptionError,
      "Unknown option 'allowRemote' in dashboard()",
    );
    expect(() => dashboard({ dangerouslyAllowRemote: 'yes' } as unknown as DashboardOptions)).to.throw(
      InvalidOptionError,
      'Option \'dangerouslyAllowRemote\' must be true or false, not "yes"',
    );
  });
});
