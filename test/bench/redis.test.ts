import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { startRedis, whyNoRedis } from '../../bench/redis';
import { debianTool } from '../support/debian-tool';

describe("the bench's Redis", () => {
  before(function () {
    debianTool(this, 'redis-server');
  });

  it('answers on a port of its own, keeps nothing on disk, and ends', async () => {
    expect(whyNoRedis()).to.equal(undefined);
    const [one, other] = await Promise.all([0, 1].map(() => startRedis({ server: undefined, generator: undefined })));
    try {
      expect(one!.port).to.not.equal(other!.port);
      const socket = connect(one!.port, '127.0.0.1');
      socket.write('CONFIG GET save\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(String(answer)).to.equal('*2\r\n$4\r\nsave\r\n$0\r\n\r\n');
      const closed = once(socket, 'close');
      await one!.stop();
      await closed;
    } finally {
      await Promise.all([one!.stop(), other!.stop()]);
    }
  });
});
