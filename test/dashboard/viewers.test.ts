import { expect } from 'chai';
import { Viewers } from '../../src/dashboard/viewers';
import { FakeViewer } from './support/fake-viewer';
import { metricsWith } from './support/metrics';

describe('dashboard viewers', () => {
  it('are left out of the metrics', () => {
    const viewers = new Viewers();
    const [one, other] = [new FakeViewer(), new FakeViewer()];
    for (const { socket } of [one, other]) viewers.add(socket);
    viewers.send(one.socket, 'größer');
    one.emit('message', 'ping', false);
    other.leave(1001);
    one.bufferedAmount = 40;
    const all = metricsWith({
      connections: { open: 5, opened: 9, closed: { 1000: 3, 1001: 1 } },
      handshakes: { accepted: 9 },
      messages: { received: 10, sent: 20 },
      bytes: { received: 100, sent: 200 },
      buffered: 100,
      incomplete: 7,
    });
    expect(viewers.without(all)).to.deep.equal({
      ...all,
      connections: { open: 4, opened: 7, closed: { 1000: 3 }, failed: {} },
      handshakes: { ...all.handshakes, accepted: 7 },
      messages: { received: 9, sent: 19 },
      bytes: { received: 96, sent: 192 },
      buffered: 60,
    });
    expect([...viewers]).to.deep.equal([one.socket]);
  });

  it('take away no more than is there', () => {
    const viewers = new Viewers();
    viewers.add(new FakeViewer().socket);
    expect(viewers.without(metricsWith()).connections).to.deep.equal(metricsWith().connections);
  });
});
