import { expect } from 'chai';
import { pageFileAt, readPageFile } from '../../src/dashboard/page-files';
import { InvalidStateError } from '../../src/protocol/errors';
import { rejectionOf } from '../client/support/rejection-of';

describe('dashboard page files', () => {
  it('are those of the page, and no others', () => {
    expect(pageFileAt('/')).to.equal('index.html');
    expect(pageFileAt('/main.js')).to.equal('main.js');
    for (const path of [
      '',
      '/index',
      '/../package.json',
      '/%2e%2e/package.json',
      '/toString',
      '//main.js',
      '/main.js/',
    ]) {
      expect(pageFileAt(path), path).to.equal(undefined);
    }
  });

  it('have the licence of what is bundled in them', async () => {
    const { bytes } = await readPageFile('main.js');
    expect(bytes.toString()).to.contain('https://github.com/leeoniya/uPlot');
    expect((await readPageFile('uplot-license.txt')).bytes.toString()).to.contain('Leon Sorokin');
  });

  it('that are not beside the package are an error that says what to do', async () => {
    const error = await rejectionOf(InvalidStateError, readPageFile('missing.js'));
    expect(error).to.include({ code: 'NO_DASHBOARD_PAGE' });
    expect(error).to.have.property('message').that.contains('missing.js').and.contains('bundler');
  });
});
