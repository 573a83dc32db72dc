import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { attachTransport, type TransportListener } from '../../src/connection/transport';

function record(): TransportListener & { log: string[] } {
  const log: string[] = [];
  return {
    log,
    transportData: (chunk) => log.push(`data ${chunk}`),
    transportDrain: () => log.push('drain'),
    transportEnd: () => log.push('end'),
    transportError: (error) => log.push(`error ${error.message}`),
    transportClose: () => log.push('close'),
  };
}

describe('attachTransport', () => {
  it('tells what happens, in order', async () => {
    const transport = new PassThrough();
    const listener = record();
    attachTransport(transport, listener);
    transport.end('hello');
    await once(transport, 'close');
    expect(listener.log).to.deep.equal(['data hello', 'end', 'close']);
  });

  it('uses the same functions for every transport', () => {
    const one = new PassThrough();
    const other = new PassThrough();
    attachTransport(one, record());
    attachTransport(other, record());
    for (const event of ['data', 'drain', 'end', 'error', 'close'] as const) {
      expect(one.listeners(event).at(-1), event).to.equal(other.listeners(event).at(-1));
    }
  });

  it('tells an error, then the close, and still takes errors afterwards', async () => {
    const transport = new PassThrough();
    const listener = record();
    attachTransport(transport, listener);
    transport.destroy(new Error('reset'));
    await new Promise((resolve) => transport.on('close', () => setImmediate(resolve)));
    expect(listener.log).to.deep.equal(['error reset', 'close']);
    // Emitted without a listener this would be thrown.
    transport.emit('error', new Error('late'));
    expect(transport.listenerCount('data')).to.equal(0);
  });
});
