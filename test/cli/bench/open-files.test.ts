import { expect } from 'chai';
import { checkOpenFiles, ownLimit } from '../../../src/cli/bench/open-files';

describe('the limit of open files', () => {
  it('refuses more connections, and says how many there may be', () => {
    expect(() => checkOpenFiles(1000, 1024)).to.throw(/limit of open files is 1024.*ulimit -n 1040.*--connections 984/);
  });

  it('lets as many pass as it has room for', () => {
    checkOpenFiles(984, 1024);
    checkOpenFiles(10, 20);
  });

  it('is a sentence when it is met on the way', () => {
    const error = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' });
    expect(ownLimit(error, 990)?.message).to.match(/^After 990 connections the limit of open files of this process/);
  });

  it('is told apart from ports that are used up, and from what others did', () => {
    expect(ownLimit(Object.assign(new Error(), { code: 'EADDRNOTAVAIL' }), 28_000)?.message).to.match(/no port left/);
    expect(ownLimit(Object.assign(new Error(), { code: 'ECONNREFUSED' }), 3)).to.equal(undefined);
  });
});
