import { expect } from 'chai';
import type { Entry, LogPage } from '../../src/rooms/adapter';
import { Replay } from '../../src/rooms/replay';

function entryAt(offset: number, epoch = 'life'): Entry {
  return { id: `${epoch}-${offset}`, at: 0, data: `${offset}`, node: 'node', epoch, offset };
}

function pageOf(from: number, to: number, gap = false): LogPage {
  const entries = Array.from({ length: to - from + 1 }, (_, index) => entryAt(from + index));
  return { position: { epoch: 'life', offset: to }, entries, gap, more: false };
}

function replayOf(page?: LogPage): Replay {
  const replay = new Replay(() => {});
  if (page !== undefined) replay.read(page);
  return replay;
}

function offsetsOf(entries: readonly Entry[]): number[] {
  return entries.map(({ offset }) => offset);
}

describe('replay', () => {
  it('gives what was read, up to what the room has', () => {
    const { entries, gap } = replayOf(pageOf(3, 8)).take({ epoch: 'life', offset: 6 });
    expect(offsetsOf(entries)).to.deep.equal([3, 4, 5, 6]);
    expect(gap).to.equal(false);
  });

  it('adds what the room got meanwhile, and nothing twice', () => {
    const replay = replayOf();
    for (const offset of [4, 5]) replay.follow(entryAt(offset));
    replay.read(pageOf(3, 5));
    for (const offset of [6, 7]) replay.follow(entryAt(offset));
    const { entries, gap } = replay.take({ epoch: 'life', offset: 7 });
    expect(offsetsOf(entries)).to.deep.equal([3, 4, 5, 6, 7]);
    expect(gap).to.equal(false);
  });

  it('says that there is a gap where the log says so', () => {
    expect(replayOf(pageOf(3, 5, true)).take({ epoch: 'life', offset: 5 }).gap).to.equal(true);
  });

  it('says that there is a gap where the room missed something behind what was read', () => {
    const replay = replayOf(pageOf(3, 5));
    replay.lose({ epoch: 'life', offset: 8 });
    replay.follow(entryAt(9));
    const { entries, gap } = replay.take({ epoch: 'life', offset: 9 });
    expect(offsetsOf(entries)).to.deep.equal([3, 4, 5, 9]);
    expect(gap).to.equal(true);
  });

  it('says that there is none where the log had what the room missed', () => {
    const replay = replayOf();
    replay.lose({ epoch: 'life', offset: 4 });
    replay.follow(entryAt(5));
    replay.read(pageOf(3, 5));
    expect(replay.take({ epoch: 'life', offset: 5 })).to.deep.equal({ entries: pageOf(3, 5).entries, gap: false });
  });

  it('has nothing of another life of the log but a gap', () => {
    expect(replayOf(pageOf(3, 5)).take({ epoch: 'next', offset: 2 })).to.deep.equal({ entries: [], gap: true });
  });

  it('leaves out what the room got of a life that has ended', () => {
    const replay = replayOf();
    replay.follow(entryAt(40, 'before'));
    replay.lose({ epoch: 'life', offset: 0 });
    replay.read({ ...pageOf(1, 2), gap: true });
    expect(offsetsOf(replay.take({ epoch: 'life', offset: 2 }).entries)).to.deep.equal([1, 2]);
  });

  it('ends when it is taken, and when nobody asks for it any more', () => {
    const ended: Replay[] = [];
    const taken = new Replay((replay) => ended.push(replay));
    taken.take({ epoch: 'life', offset: 0 });
    const cancelled = new Replay((replay) => ended.push(replay));
    cancelled.cancel();
    expect(ended).to.deep.equal([taken, cancelled]);
  });
});
