import { expect } from 'chai';
import { ChatServer } from '../../src/chat/chat-server';
import { ChatClient } from '../support/chat-client';
import { CliProcess } from '../support/cli-process';

describe('switchboard chat', () => {
  let server: ChatServer;
  let url: string;

  beforeEach(async () => {
    server = new ChatServer('127.0.0.1', 0, { history: 10 });
    await server.start();
    url = `127.0.0.1:${server.address!.port}`;
  });

  afterEach(() => server.stop());

  it('says the lines of a pipe, and ends when there are no more', async () => {
    const said: string[] = [];
    server.on('message', (_socket, { room, from, text }) => said.push(`${room} ${from.name}: ${text}`));
    const { code, stderr } = await CliProcess.run(['chat', url, '--name', 'Ann'], 'hello\n\n//slash\nbye');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(said).to.deep.equal(['general Ann: hello', 'general Ann: /slash', 'general Ann: bye']);
  });

  it('prints what others say, and who comes and goes, and nothing that harms', async () => {
    const cli = new CliProcess(['chat', url, '--name', 'Ann', '--room', 'news']);
    await cli.printed(/You are in news as Ann, alone/);
    const bob = await ChatClient.connect(server.address!.port);
    await bob.join('news', 'Bob');
    await cli.printed(/\* Bob has joined/);
    bob.send({ type: 'message', text: 'look \x1b[31mred' });
    await cli.printed(/Bob: look \\x1b\[31mred/);
    bob.socket.close();
    await cli.printed(/\* Bob has left/);
    cli.child.stdin.end('/quit\n');
    expect((await cli.ended()).code).to.equal(0);
  });

  it('goes from room to room, tells who is here, and what was said', async () => {
    await server.say('news', 'old', { from: 'Ann' });
    await server.say('news', 'older', { from: 'Ann' });
    const input = '/who\n/join news\n/history 1\n/history\n/name Berta\n/leave\n/leave\nnobody hears this\n';
    const { code, stdout, stderr } = await CliProcess.run(['chat', url, '--name', 'Bob'], input);
    for (const line of [
      '* 1 in general: Bob',
      '* You are in news as Bob, alone',
      'Ann: older\n* There is more: /history again',
      'Ann: old\n* That is all that is kept',
      '* You have left news, and speak in general',
      '* You have left general',
    ]) {
      expect(stdout).to.contain(line);
    }
    expect(stderr).to.contain('You are in no room');
    expect(code).to.equal(0);
  });

  it('ends with 4 where something could not be said', async () => {
    const { code, stderr } = await CliProcess.run(['chat', url], `${'x'.repeat(5000)}\n/nothing\n`);
    expect(stderr).to.contain('There is no command /nothing').and.contain('2 of the lines');
    expect(code).to.equal(4);
  });

  it('ends with 3 where it is not let in, and says why once', async () => {
    const { code, stderr } = await CliProcess.run(['chat', url, '--room', 'a\x01b'], '');
    expect(stderr).to.equal(
      'switchboard: The room "a\\u0001b" cannot be joined: The name of a room must not contain control characters (invalid-room)\n',
    );
    expect(code).to.equal(3);
  });

  it('ends with 3 where nobody is there, at once', async () => {
    await server.stop();
    const { code, stderr } = await CliProcess.run(['chat', url], 'hello\n');
    expect(stderr).to.contain('ECONNREFUSED');
    expect(code).to.equal(3);
  });

  it('ends with 130 when a pipe is interrupted', async () => {
    const cli = new CliProcess(['chat', url]);
    await cli.printed(/You are in general/);
    expect((await cli.stop('SIGINT')).code).to.equal(130);
  });
});
