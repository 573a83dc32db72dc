import { expect } from 'chai';
import type { SwitchboardOptions } from '../../src/express/switchboard';
import { InvalidOptionError } from '../../src/protocol/errors';
import { Hub } from '../../src/rooms/hub';
import { MemoryBroker, memoryAdapter } from '../../src/rooms/memory-adapter';
import { ExpressApps, expressVersions } from '../support/express-apps';

for (const [version, express] of expressVersions) {
  describe(`switchboard: disconnect by user (${version})`, () => {
    let apps: ExpressApps;
    beforeEach(() => {
      apps = new ExpressApps(express);
    });
    afterEach(() => apps.close());

    /** A node where `/ann` is Ann. */
    async function node(options: SwitchboardOptions = {}) {
      const { app, board } = apps.app(options);
      app.ws('/:user', (socket, req) => {
        socket.user = req.params.user;
      });
      const port = await apps.listen(app);
      const open = async (user: string) => {
        const socket = await apps.open(port, `/${user}`);
        return { socket, closed: socket.closed() };
      };
      return { board, open };
    }

    it('closes all connections of a user, in a room or not, and says how many', async () => {
      const { board, open } = await node();
      const [one, other, bob] = [await open('ann'), await open('ann'), await open('bob')];
      [...board.connections][1]!.join('a');
      expect(board.disconnect({ user: 'ann' })).to.equal(2);
      expect(await one.closed).to.deep.equal({ code: 1008, reason: '' });
      expect(await other.closed).to.include({ code: 1008 });
      expect(bob.socket.readyState).to.equal(1);
      expect(board.disconnect({ user: 'ann' })).to.equal(0);
    });

    it('closes them on all nodes that share the hub', async () => {
      const broker = new MemoryBroker();
      const shared = () => ({ hub: new Hub({ adapter: memoryAdapter({ broker }) }) });
      const [here, there] = [await node(shared()), await node(shared())];
      const elsewhere = await node();
      const sockets = [await here.open('ann'), await there.open('ann')];
      const [bob, stranger] = [await there.open('bob'), await elsewhere.open('ann')];
      expect(here.board.disconnect({ user: 'ann', code: 4001, reason: 'signed out' })).to.equal(1);
      for (const { closed } of sockets) expect(await closed).to.deep.equal({ code: 4001, reason: 'signed out' });
      for (const { socket } of [bob, stranger]) expect(socket.readyState).to.equal(1);
    });

    it('closes them on all boards that share the hub in this process', async () => {
      const hub = new Hub();
      const [one, other] = [await node({ hub }), await node({ hub })];
      const sockets = [await one.open('ann'), await other.open('ann')];
      expect(one.board.disconnect({ user: 'ann' })).to.equal(2);
      for (const { closed } of sockets) expect(await closed).to.include({ code: 1008 });
    });

    it('says what is wrong with its options', () => {
      const { board } = apps.app();
      expect(() => board.disconnect({} as never)).to.throw(InvalidOptionError, "Option 'user' must be a string");
      expect(() => board.disconnect({ user: 'ann', room: 'a' } as never)).to.throw(InvalidOptionError, "'room'");
      expect(() => board.disconnect({ user: 'ann', code: 1006 })).to.throw(InvalidOptionError, '1006');
    });
  });
}
