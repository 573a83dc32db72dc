import { expect } from 'chai';
import { AdapterError } from '../../src/protocol/errors';
import { HubErrors } from '../../src/rooms/hub-errors';
import { recordMistakes } from '../support/record-mistakes';
import { settled } from '../support/simulated-broker';

describe('HubErrors', () => {
  const mistakes = recordMistakes();
  const error = new AdapterError('lost', { code: 'BROKER_FAILED' });

  it('tell the other listeners too when one throws or rejects, and print it', async () => {
    const errors = new HubErrors();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const heard: unknown[] = [];
    errors.listeners.add(() => {
      throw thrown;
    });
    errors.listeners.add(async () => {
      throw rejected;
    });
    errors.listeners.add((told) => heard.push(told));
    errors.report(error);
    expect(heard).to.deep.equal([error]);
    await settled();
    expect(mistakes).to.have.members([thrown, rejected]);
  });

  it('are printed where nobody listens, those of a kind once a minute', () => {
    const errors = new HubErrors();
    const other = new AdapterError('late', { code: 'BROKER_TIMEOUT' });
    for (const each of [error, error, other]) errors.report(each);
    expect(mistakes).to.deep.equal([error, other]);
  });
});
