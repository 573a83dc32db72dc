import { expect } from 'chai';
import { InvalidOptionError } from '../../src/protocol/errors';
import { memoryAdapter } from '../../src/rooms/memory-adapter';
import { resolveSharedRoomsOptions, sharedRoomsOptionNames } from '../../src/rooms/shared-rooms-options';

describe('shared-rooms-options', () => {
  it('has defaults, and a memory of its own', () => {
    const { adapter, history, ...rest } = resolveSharedRoomsOptions({}, 'chat');
    expect(rest).to.deep.equal({
      isLocal: true,
      name: 'chat',
      presenceTtl: 30_000,
      maxQueued: 10_000,
      maxQueuedBytes: 16 * 1024 * 1024,
      publishTimeout: 60_000,
    });
    expect(adapter.status).to.equal('ready');
    expect(history.count).to.equal(0);
  });

  it('takes what it is given', () => {
    const adapter = memoryAdapter();
    const given = { adapter, name: 'ours', presenceTtl: 100, maxQueued: 2, maxQueuedBytes: 3, publishTimeout: 4 };
    const resolved = resolveSharedRoomsOptions({ ...given, history: 5 }, 'chat');
    expect(resolved).to.deep.include({ ...given, isLocal: false });
    expect(resolved.history.count).to.equal(5);
  });

  it('names every option that it takes', () => {
    expect([...sharedRoomsOptionNames].sort()).to.deep.equal(
      ['adapter', 'history', 'maxQueued', 'maxQueuedBytes', 'name', 'presenceTtl', 'publishTimeout'].sort(),
    );
  });

  for (const [options, words] of [
    [{ adapter: {} }, /'adapter' must be an adapter, as redisAdapter\(client\)/],
    [{ adapter: null }, /'adapter' must be an adapter/],
    [{ name: '' }, /name/],
    [{ name: 5 }, /name/],
    [{ presenceTtl: -1 }, /'presenceTtl'/],
    [{ maxQueued: 0 }, /'maxQueued'/],
    [{ maxQueuedBytes: 0.5 }, /'maxQueuedBytes'/],
    [{ publishTimeout: '1' }, /'publishTimeout'/],
    [{ publishTimeout: 90_001 }, /'publishTimeout' must be at most 90000 ms, not 90001/],
    [{ history: -1 }, /'history'/],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => resolveSharedRoomsOptions(options as never, 'chat')).to.throw(InvalidOptionError, words);
    });
  }
});
