import { expect } from 'chai';
import { WebSocket as WebSocketOfUndici } from 'undici';
import { WebSocket as WebSocketOfWs } from 'ws';
import {
  ChatClient,
  type ChatMessage,
  type ChatUrl,
  type ConnectionState,
  type WebSocketClass,
} from '../../src/browser';
import type { ChatClientOptions } from '../../src/browser/options';
import { WebSocket as OurWebSocket } from '../../src/client/web-socket';
import { ScriptedServer } from './support/scripted-server';

const classes: Record<string, WebSocketClass> = {
  'our WebSocket': OurWebSocket,
  'the WebSocket of ws': WebSocketOfWs,
  // The global one of Node 22 and later.
  'the WebSocket of undici': WebSocketOfUndici,
};

/** Resolves with the next state of this kind. */
function until<Status extends ConnectionState['status']>(
  client: ChatClient,
  status: Status,
): Promise<ConnectionState & { status: Status }> {
  return new Promise((resolve) => {
    const stop = client.on('state', (state) => {
      if (state.status !== status) return;
      stop();
      resolve(state as ConnectionState & { status: Status });
    });
  });
}

for (const [name, WebSocket] of Object.entries(classes)) {
  describe(`browser client with ${name}, and a server of another make`, () => {
    let server: ScriptedServer;
    let client: ChatClient;

    beforeEach(async () => {
      server = await ScriptedServer.start();
    });

    afterEach(async () => {
      client.close();
      await server.stop();
    });

    function make(url: ChatUrl = server.url, options: ChatClientOptions = {}): ChatClient {
      client = new ChatClient(url, { WebSocket, name: 'Ann', firstRetryDelay: 20, ...options });
      return client;
    }

    it('joins, says and hears', async () => {
      const room = await make().join('general').joined();
      const heard = new Promise<ChatMessage>((resolve) => room.on('message', resolve));
      expect(await room.send('hello')).to.include({ text: 'hello', offset: 1, own: true });
      server.say('hi');
      expect(await heard).to.include({ text: 'hi', offset: 2, own: false });
    });

    it('says again what was not acknowledged, and hears what was missed, each once', async () => {
      const room = await make().join('general').joined();
      const heard: (string | undefined)[] = [];
      room.on('message', ({ text }) => heard.push(text));
      server.beforeSent = () => {
        // Appended, and the connection is cut before the answer.
        for (const connection of server.connections) connection.terminate();
        server.beforeSent = () => true;
        server.say('missed');
        return false;
      };
      const sent = room.send('first');
      await until(client, 'waiting');
      const waited = room.send('second');
      expect((await sent).offset).to.equal(1);
      expect((await waited).offset).to.equal(3);
      expect(server.log.map(({ text }) => text)).to.deep.equal(['first', 'missed', 'second']);
      expect(heard).to.deep.equal(['missed']);
    });

    it('comes back after a refused handshake, with a fresh URL each time', async () => {
      server.refusals = [503, 403];
      let token = 0;
      make(async () => `${server.url}?token=${++token}`);
      expect(await until(client, 'waiting')).to.include({ code: 1006 });
      await until(client, 'open');
      expect(server.urls).to.deep.equal(['/?token=1', '/?token=2', '/?token=3']);
    });

    it('obeys the close code and the hint of the server', async () => {
      const room = await make().join('general').joined();
      const waiting = until(client, 'waiting');
      const lostAt = Date.now();
      for (const connection of server.connections) connection.close(1012, 'restart, retry-after=0.2');
      const { code, reason, retryAt } = await waiting;
      expect({ code, reason }).to.deep.equal({ code: 1012, reason: 'restart, retry-after=0.2' });
      // The clock of timers is not that of Date.now(), and both round.
      expect(retryAt - lostAt).to.be.at.least(198);
      await room.joined();
      expect(Date.now() - lostAt).to.be.at.least(198);
      const closed = until(client, 'closed');
      for (const connection of server.connections) connection.close(4401, 'who are you?');
      expect(await closed).to.deep.equal({ status: 'closed', code: 4401, reason: 'who are you?' });
      expect(room.state).to.equal('closed');
    });

    it('notices a connection that is dead, and makes another', async () => {
      const room = await make(server.url, { answerTimeout: 100 }).join('general').joined();
      server.isSilent = true;
      const sent = room.send('hello');
      expect(await until(client, 'waiting')).to.include({ reason: 'The server does not answer' });
      server.isSilent = false;
      expect((await sent).offset).to.equal(1);
      expect(server.requests.filter(({ type }) => type === 'ping')).not.to.deep.equal([]);
    });

    it('closes while it connects', async () => {
      make();
      const closed = until(client, 'closed');
      client.close();
      expect(await closed).to.include({ code: 1000 });
    });
  });
}
