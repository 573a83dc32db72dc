import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { presentOf } from '../../src/dashboard/present';
import { Viewers } from '../../src/dashboard/viewers';
import { FakeViewer } from './support/fake-viewer';
import { metricsWith } from './support/metrics';

function connection(number: number, bufferedAmount: number, user?: string): WebSocketConnection {
  return { peer: `127.0.0.1:${number}`, bufferedAmount, user } as WebSocketConnection;
}

const noRooms = { rooms: () => [], count: () => 0 };

describe('what a dashboard shows of now', () => {
  it('lists the connections with the most that waits, and counts those with anything', () => {
    const viewer = new FakeViewer();
    viewer.bufferedAmount = 1_000_000;
    const viewers = new Viewers();
    viewers.add(viewer.socket);
    const connections = Array.from({ length: 50 }, (_, index) => connection(index, 10 * index, `user ${index}`));
    const board = { metrics: metricsWith, connections: [...connections, viewer.socket], hub: noRooms };
    const { waiting } = presentOf(board, metricsWith({ buffered: 12_250 }), viewers);
    expect(waiting.count).to.equal(49);
    expect(waiting.most).to.have.lengthOf(20);
    expect(waiting.most[0]).to.deep.equal({ address: '127.0.0.1:49', user: 'user 49', buffered: 490, rooms: [] });
  });

  it('tells some of the rooms of each', () => {
    const hub = { ...noRooms, rooms: (member?: unknown) => (member === undefined ? [] : ['a', 'b', 'c', 'd']) };
    const board = { metrics: metricsWith, connections: [connection(1, 1)], hub };
    expect(presentOf(board, metricsWith({ buffered: 1 }), new Viewers()).waiting.most[0]).to.deep.include({
      user: null,
      rooms: ['a', 'b', 'c'],
    });
  });

  it('lists the largest rooms, unless there are too many to look at', () => {
    const sizes = new Map(Array.from({ length: 12 }, (_, index) => [`room ${index}`, index + 1]));
    const hub = { rooms: () => [...sizes.keys()], count: (room: string) => sizes.get(room)! };
    const board = { metrics: metricsWith, connections: [], hub };
    const few = presentOf(board, metricsWith({ rooms: { rooms: 12 } }), new Viewers());
    expect(few.largestRooms).to.have.lengthOf(10);
    expect(few.largestRooms?.[0]).to.deep.equal({ name: 'room 11', members: 12 });
    const many = presentOf(board, metricsWith({ rooms: { rooms: 20_001 } }), new Viewers());
    expect(many.largestRooms).to.equal(null);
  });
});
