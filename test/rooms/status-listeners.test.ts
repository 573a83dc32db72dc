import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { memoryAdapter } from '../../src/rooms/memory-adapter';
import { StatusListeners } from '../../src/rooms/status-listeners';
import { recordMistakes } from '../support/record-mistakes';
import { settled } from '../support/simulated-broker';

describe('StatusListeners', () => {
  const mistakes = recordMistakes();

  it('tells each, as long as it wants to be told', () => {
    const listeners = new StatusListeners();
    const heard: unknown[] = [];
    const problem = new Error('away');
    const first = (...news: unknown[]) => {
      heard.push(['first', ...news]);
      listeners.off('status', first);
    };
    listeners.on('status', first);
    listeners.on('status', (...news) => heard.push(['second', ...news]));
    listeners.tell('degraded', problem);
    listeners.tell('ready', undefined);
    expect(heard).to.deep.equal([
      ['first', 'degraded', problem],
      ['second', 'degraded', problem],
      ['second', 'ready', undefined],
    ]);
  });

  it('tells the others too when one throws or rejects, and prints it', async () => {
    const listeners = new StatusListeners();
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const heard: unknown[] = [];
    listeners.on('status', () => {
      throw thrown;
    });
    listeners.on('status', async () => {
      throw rejected;
    });
    listeners.on('status', (status) => heard.push(status));
    listeners.tell('ready', undefined);
    expect(heard).to.deep.equal(['ready']);
    await settled();
    expect(mistakes).to.have.members([thrown, rejected]);
  });

  it('are not disturbed by one when the memory adapter is closed', async () => {
    const adapter = memoryAdapter();
    const mistake = new Error('mistake');
    adapter.on('status', () => {
      throw mistake;
    });
    await adapter.close();
    expect(mistakes).to.deep.equal([mistake]);
  });

  it('refuse another event, and what is no function', () => {
    const adapter = memoryAdapter();
    const words = /An adapter has the event 'status', not "error"/;
    expect(() => adapter.on('error' as never, () => {})).to.throw(InvalidOptionError, words);
    expect(() => adapter.off('error' as never, () => {})).to.throw(InvalidOptionError, words);
    expect(() => adapter.on('status', undefined as never)).to.throw(InvalidOptionError, /listener/);
  });
});
