import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { Feed, type Watched } from '../../src/dashboard/feed';
import { Counters } from '../../src/diagnostics/counters';
import { FakeClock } from '../support/fake-clock';
import { FakeViewer } from './support/fake-viewer';
import { metricsWith } from './support/metrics';

describe('dashboard feed', () => {
  let clock: FakeClock;
  let feed: Feed;
  /** How often the board was asked. */
  let asked: number;
  beforeEach(() => {
    clock = new FakeClock();
    asked = 0;
    const board: Watched = {
      metrics: () => {
        asked++;
        return metricsWith({ at: Date.now(), messages: { received: clock.now() / 100 } });
      },
      connections: [],
      hub: { rooms: () => [], count: () => 0 },
    };
    feed = new Feed(board);
  });
  afterEach(() => {
    // Nobody looks any more, so that it ends.
    for (const viewer of viewers.splice(0)) viewer.leave();
    clock.pass(601_000);
    clock.giveBack();
  });

  const viewers: FakeViewer[] = [];

  function look(): FakeViewer {
    const viewer = new FakeViewer();
    viewers.push(viewer);
    feed.show(viewer.socket);
    return viewer;
  }

  it('watches nothing before somebody looks', () => {
    clock.pass(10_000);
    expect({ asked, timers: clock.timers }).to.deep.equal({ asked: 0, timers: 0 });
  });

  it('shows what is there at once, and a sample each second', () => {
    const viewer = look();
    clock.pass(3_000);
    expect(viewer.messages.map(({ type }) => type)).to.deep.equal(['hello', 'sample', 'sample', 'sample']);
    const [hello, first] = viewer.messages;
    expect(hello).to.have.nested.property('server.pid', process.pid);
    expect(hello).to.have.deep.property('samples', []);
    expect(first).to.have.nested.property('sample.received', 10);
  });

  it('shows the last minutes to who comes later', () => {
    look();
    clock.pass(700_000);
    const [hello] = look().messages;
    expect(hello).to.have.property('samples').that.has.lengthOf(600);
  });

  it('asks the board once a second, however many look, and says the same to all', () => {
    const all = [look(), look(), look()];
    const before = asked;
    clock.pass(5_000);
    expect(clock.timers).to.equal(1);
    expect(asked - before).to.equal(5);
    for (const { texts } of all) expect(texts.slice(-5)).to.deep.equal(all[0]!.texts.slice(-5));
    expect(all[0]!.messages.at(-1)).to.have.nested.property('present.viewers', 3);
  });

  it('looks at each of ten thousand connections no more than twice a second, however many look, and says as much as of ten', () => {
    const lengths = [20, 10_000].map((count) => {
      let looks = 0;
      const counters = new Counters();
      const connections = Array.from({ length: count }, () => ({
        get bufferedAmount() {
          looks++;
          return 1;
        },
        peer: '127.0.0.1:1',
      })) as unknown as WebSocketConnection[];
      const metrics = () => counters.snapshot(connections);
      const crowded = new Feed({ metrics, connections, hub: { rooms: () => [], count: () => 0 } });
      const all = Array.from({ length: 5 }, () => new FakeViewer());
      for (const viewer of all) crowded.show(viewer.socket);
      looks = 0;
      clock.pass(10_000);
      // Once to add up what waits, and once more to find those on whom most of it waits: only where anything does.
      expect(looks / count / 10).to.equal(2);
      for (const viewer of all) viewer.leave();
      return all[0]!.texts.at(-1)!.length;
    });
    expect(lengths[1]! / lengths[0]!).to.be.below(1.1);
  });

  it('goes on for ten minutes when nobody looks, so that who comes back sees what happened', () => {
    const viewer = look();
    clock.pass(60_000);
    viewer.leave();
    clock.pass(300_000);
    expect(viewer.texts).to.have.lengthOf(61);
    const [hello] = look().messages;
    expect(hello).to.have.property('samples').that.has.lengthOf(360);
  });

  it('then ends, and begins anew with the next look', () => {
    look().leave();
    clock.pass(601_000);
    const before = asked;
    clock.pass(60_000);
    expect({ more: asked - before, timers: clock.timers }).to.deep.equal({ more: 0, timers: 0 });
    const again = look();
    clock.pass(1_000);
    expect(again.messages[0]).to.have.deep.property('samples', []);
    expect(again.messages[1]).to.have.nested.property('sample.received', 10);
  });

  it('sends nothing more to a page that does not read, and goes on when it has', () => {
    const viewer = look();
    viewer.bufferedAmount = 2_000_000;
    clock.pass(5_000);
    expect(viewer.texts).to.have.lengthOf(1);
    viewer.bufferedAmount = 0;
    clock.pass(1_000);
    expect(viewer.texts).to.have.lengthOf(2);
  });

  it('keeps no process alive', () => {
    clock.giveBack();
    const before = process.getActiveResourcesInfo();
    const viewer = look();
    expect(process.getActiveResourcesInfo()).to.deep.equal(before);
    viewer.leave();
  });
});
