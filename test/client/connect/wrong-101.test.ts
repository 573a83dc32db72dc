import { expect } from 'chai';
import { connecting } from '../support/connecting';
import { acceptance, headerOf, type Script } from '../support/raw-server';

describe('connect, with a server that answers 101, and wrong', () => {
  const { raw, open, refused } = connecting();

  const good = { Upgrade: 'websocket', Connection: 'Upgrade' };
  const answer =
    (lines: Record<string, string | string[]>, version = '1.1'): Script =>
    (socket, head) => {
      const accept = headerOf(acceptance(head), 'Sec-WebSocket-Accept')!;
      const all: Record<string, string | string[]> = { ...good, 'Sec-WebSocket-Accept': accept, ...lines };
      const text = Object.entries(all).flatMap(([name, values]) =>
        [values].flat().map((value) => `${name}: ${value.replace('ACCEPT', accept)}\r\n`),
      );
      socket.write(`HTTP/${version} 101 Switching Protocols\r\n${text.join('')}\r\n`);
    };

  it('would be right without the mistake', async () => {
    const server = await raw(answer({ Upgrade: 'WebSocket', Connection: ['keep-alive', 'a, upgrade'] }));
    await open(server.url);
    await open((await raw(answer({ 'Sec-WebSocket-Accept': '   ACCEPT  ' }))).url);
    await open((await raw(answer({ 'Sec-WebSocket-Extensions': '', 'Sec-WebSocket-Protocol': '' }))).url);
    const chosen = answer({ 'Sec-WebSocket-Protocol': 'chat' });
    expect((await open((await raw(chosen)).url, { subprotocols: 'chat' })).protocol).to.equal('chat');
  });

  const wrong: Array<[what: string, lines: Record<string, string | string[]>, code: string, version?: string]> = [
    ['no Upgrade', { Upgrade: [] }, 'INVALID_RESPONSE'],
    ['another Upgrade', { Upgrade: 'h2c' }, 'INVALID_RESPONSE'],
    ['two Upgrades', { Upgrade: ['websocket', 'h2c'] }, 'INVALID_RESPONSE'],
    ['the same Upgrade twice', { Upgrade: ['websocket', 'websocket'] }, 'INVALID_RESPONSE'],
    ['no Connection', { Connection: [] }, 'INVALID_RESPONSE'],
    ['another Connection', { Connection: 'keep-alive' }, 'INVALID_RESPONSE'],
    ['a word that is only like it', { Connection: 'upgraded' }, 'INVALID_RESPONSE'],
    ['no accept', { 'Sec-WebSocket-Accept': [] }, 'INVALID_ACCEPT'],
    ['another accept', { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' }, 'INVALID_ACCEPT'],
    ['the right accept twice', { 'Sec-WebSocket-Accept': ['ACCEPT', 'ACCEPT'] }, 'INVALID_ACCEPT'],
    ['a subprotocol not offered', { 'Sec-WebSocket-Protocol': 'other' }, 'UNEXPECTED_SUBPROTOCOL'],
    ['two subprotocols', { 'Sec-WebSocket-Protocol': 'chat, superchat' }, 'UNEXPECTED_SUBPROTOCOL'],
    ['two subprotocol headers', { 'Sec-WebSocket-Protocol': ['chat', 'chat'] }, 'UNEXPECTED_SUBPROTOCOL'],
    ['an extension not offered', { 'Sec-WebSocket-Extensions': 'x-other' }, 'UNEXPECTED_EXTENSION'],
    ['extensions that are no list', { 'Sec-WebSocket-Extensions': ';' }, 'MALFORMED_HEADER'],
    ['HTTP/1.0', {}, 'INVALID_RESPONSE', '1.0'],
  ];
  for (const [what, lines, code, version] of wrong) {
    it(`refuses ${what}`, async () => {
      const error = await refused(answer(lines, version), { subprotocols: ['chat', 'superchat'] });
      expect(error).to.include({ code, status: 101 });
      expect(error.response).to.include({ status: 101, body: '' });
    });
  }

  it('refuses a subprotocol where none was offered', async () => {
    const error = await refused(answer({ 'Sec-WebSocket-Protocol': 'chat' }));
    expect(error.message).to.equal('The server chose the subprotocol "chat", which we did not offer');
  });
});
