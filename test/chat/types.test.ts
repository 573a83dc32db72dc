import { expect } from 'chai';
import * as v from 'valibot';
import { z } from 'zod';
import type { ChatHistory } from '../../src/chat/answers';
import { ChatServer } from '../../src/chat/chat-server';
import { rooms } from '../../src/chat/rooms';

interface Move {
  from: string;
  to: string;
}

/** Fails to compile unless both are the same type; `npm run check` compiles the tests. */
type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

function isSame<One, Other>(same: Same<One, Other>): void {
  expect(same).to.equal(true);
}

describe('chat: types', () => {
  it('rooms({ schema }) types data in hooks, events, say() and history()', async () => {
    const schema = z.object({ from: z.string(), to: z.string() });
    const games = rooms({
      schema,
      history: 10,
      authorizePublish: (_socket, { data }) => {
        isSame<typeof data, Move | undefined>(true);
        return true;
      },
    });
    games.on('message', (_socket, { data, text }) => {
      isSame<typeof data, Move | undefined>(true);
      isSame<typeof text, string | undefined>(true);
    });
    await games.say('final', { from: 'e2', to: 'e4' });
    // @ts-expect-error what is no move cannot be said
    const wrong = () => games.say('final', { from: 'e2' });
    expect(wrong).to.be.a('function');
    const history = await games.history('final');
    isSame<typeof history, ChatHistory<Move>>(true);
    expect(history.messages[0]!.data?.to).to.equal('e4');
  });

  it('new ChatServer(…, { schema }) does, too, by what the schema makes of it', () => {
    const schema = v.pipe(
      v.string(),
      v.transform((text) => text.length),
    );
    const server = new ChatServer('localhost', 0, { schema });
    server.on('message', (_socket, { data }) => isSame<typeof data, number | undefined>(true));
    expect(server.listenerCount('message')).to.equal(1);
  });

  it('without a schema data is unknown, and messages are texts', () => {
    const chat = rooms();
    chat.on('message', (_socket, { data, text }) => {
      isSame<typeof data, unknown>(true);
      isSame<typeof text, string | undefined>(true);
    });
    expect(chat.rooms).to.deep.equal([]);
  });
});
