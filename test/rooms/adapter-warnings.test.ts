import { once } from 'node:events';
import { expect } from 'chai';
import { AdapterError } from '../../src/protocol/errors';
import { AdapterWarnings } from '../../src/rooms/adapter-warnings';
import { settled } from '../support/simulated-broker';

describe('AdapterWarnings', () => {
  it('warn of the first of many', async () => {
    const warnings = new AdapterWarnings();
    const heard: Error[] = [];
    const hear = (warning: Error) => heard.push(warning);
    process.on('warning', hear);
    const warned = once(process, 'warning');
    for (const words of ['first', 'second']) warnings.warn(new AdapterError(words, { code: 'INVALID_MESSAGE' }));
    await warned;
    await settled();
    process.off('warning', hear);
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include({ name: 'AdapterWarning', code: 'INVALID_MESSAGE', message: 'first' });
  });
});
