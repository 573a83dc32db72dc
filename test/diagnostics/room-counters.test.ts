import { expect } from 'chai';
import { type AdapterStatus, adapterStatuses } from '../../src/diagnostics/adapter-status';
import { Counters } from '../../src/diagnostics/counters';
import { RoomCounters } from '../../src/diagnostics/room-counters';

function hub(status: AdapterStatus = 'ready'): RoomCounters {
  return new RoomCounters(() => status);
}

describe('HubCounters', () => {
  it('are those of all hubs that connections of the board are in, since they are', () => {
    const board = new Counters();
    const [first, second] = [hub(), hub()];
    Object.assign(first, { rooms: 1, members: 2, published: 10, delivered: 20, dropped: 1 });
    first.joined(board);
    second.joined(board);
    second.joined(board);
    Object.assign(first, { published: 11, delivered: 22, dropped: 4 });
    Object.assign(second, { rooms: 2, members: 3, published: 5, delivered: 6 });
    expect(board.hubs.snapshot()).to.deep.equal({
      rooms: 3,
      members: 5,
      published: 6,
      delivered: 8,
      dropped: 3,
      adapter: 'ready',
    });
  });

  it('keep the sums of a hub that is empty, and nothing else of it', () => {
    const board = new Counters();
    const left = hub('degraded');
    left.joined(board);
    left.published = 3;
    left.emptied();
    left.published = 100;
    expect(board.hubs.snapshot()).to.include({ published: 3, adapter: 'ready' });
    left.joined(board);
    left.published = 101;
    expect(board.hubs.snapshot()).to.include({ published: 4, adapter: 'degraded' });
  });

  it('never leave the hub of the board itself', () => {
    const board = new Counters();
    const own = hub();
    board.hubs.own(own, board);
    own.published = 1;
    own.emptied();
    own.published = 2;
    expect(board.hubs.snapshot().published).to.equal(2);
  });

  it('have the adapter status that somebody should know of', () => {
    const board = new Counters();
    for (const status of adapterStatuses) hub(status).joined(board);
    expect(board.hubs.snapshot().adapter).to.equal('degraded');
  });
});
