import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type ConnectOptions, connect, HandshakeError, type WebSocketConnection } from '../../../src';

/** Lengths on both sides of every change of a frame's header (RFC 6455, 5.2), and the largest message by default. */
const sizes = [0, 1, 125, 126, 65_535, 65_536, 1024 * 1024];

const texts = ['Grüße, привет, こんにちは', '😀👩‍👩‍👧‍👦𝄞'.repeat(100), '\u0000\ufeff\ufffe\uffff\u{10ffff}'];

/**
 * What our client must see of a server of somebody else, which has the paths `/echo`, `/burst?count=`, `/fragments`, `/ping`,
 * `/close?code=&reason=`, `/cut`, `/end?of=` (how the connection to `/echo?id=` ended) and `/guarded`, and the subprotocols `chat.v1` and `chat.v2`.
 *
 * @param url the server; asked, as the options are, when the tests run
 */
export function describeOurClient(title: string, url: () => string, options: () => ConnectOptions = () => ({})): void {
  describe(title, () => {
    const sockets: WebSocketConnection[] = [];
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.terminate();
    });

    async function open(path: string, more: ConnectOptions = {}): Promise<WebSocketConnection> {
      const socket = await connect(url() + path, { ...options(), ...more });
      sockets.push(socket);
      return socket;
    }

    it('text and binary of every length', async () => {
      const socket = await open('/echo');
      for (const size of sizes) {
        socket.send('x'.repeat(size));
        expect((await socket.receive()) === 'x'.repeat(size), `text of ${size}`).to.equal(true);
        const bytes = Buffer.alloc(
          size,
          Uint8Array.from({ length: 251 }, (_, index) => index),
        );
        socket.send(bytes);
        expect(bytes.equals((await socket.receive()) as Buffer), `binary of ${size}`).to.equal(true);
      }
    });

    it('Unicode, unchanged', async () => {
      const socket = await open('/echo');
      for (const text of texts) {
        socket.send(text);
        expect(await socket.receive()).to.equal(text);
      }
    });

    it('1,000 messages there and back, in order', async () => {
      const socket = await open('/echo');
      for (let index = 0; index < 1_000; index++) socket.send(`message ${index}`);
      for (let index = 0; index < 1_000; index++) expect(await socket.receive()).to.equal(`message ${index}`);
    });

    it('1,000 messages from the server, which begin behind the 101', async () => {
      const socket = await open('/burst?count=1000');
      for (let index = 0; index < 1_000; index++) expect(await socket.receive()).to.equal(`message ${index}`);
    });

    it('fragments, sent and received', async () => {
      const socket = await open('/echo');
      const text = Buffer.from('Grüße aus drei Stücken');
      // Cut inside a character.
      for (const [from, to] of [
        [0, 3],
        [3, 3],
        [3, 20],
      ] as const) {
        socket.send(text.subarray(from, to), { binary: false, fin: false });
      }
      socket.send(text.subarray(20), { binary: false });
      expect(await socket.receive()).to.equal(text.toString());
      const server = await open('/fragments');
      expect(await server.receive()).to.equal(text.toString());
      expect(await server.receive()).to.have.length(70_000);
    });

    it('pings, sent and answered', async () => {
      const socket = await open('/ping');
      expect(await socket.receive()).to.be.a('string');
      expect(await socket.ping('x'.repeat(125))).to.be.at.least(0);
    });

    it('closes with code and reason', async () => {
      for (const [code, reason] of [
        [1000, 'done'],
        [3000, ''],
        [4999, 'ü'.repeat(61)],
      ] as const) {
        const id = randomUUID();
        const socket = await open(`/echo?id=${id}`);
        socket.close(code, reason);
        const closure = await socket.closed;
        expect(closure).to.include({ code, initiator: 'local', cause: null });
        const asking = await open(`/end?of=${id}`);
        expect(JSON.parse(String(await asking.receive()))).to.deep.equal([code, reason]);
      }
    });

    it('is closed with code and reason', async () => {
      for (const [code, reason] of [
        [1000, 'done'],
        [1001, ''],
        [1011, 'x'.repeat(123)],
        [4000, 'Règles'],
      ] as const) {
        const socket = await open(`/close?code=${code}&reason=${encodeURIComponent(reason)}`);
        expect(await socket.closed).to.deep.equal({ code, reason, initiator: 'remote', cause: null });
      }
    });

    it('is cut off', async () => {
      const socket = await open('/cut');
      socket.send('cut');
      expect(await socket.closed).to.include({ code: 1006, initiator: 'remote' });
    });

    it('gets the chosen subprotocol', async () => {
      expect((await open('/echo', { subprotocols: ['other', 'chat.v2'] })).protocol).to.equal('chat.v2');
      expect((await open('/echo')).protocol).to.equal('');
    });

    it('is told of a refusal, with its status and body', async () => {
      const error = await open('/guarded').catch((error: unknown) => error);
      expect(error).to.be.instanceOf(HandshakeError);
      const { response } = error as HandshakeError;
      expect([response?.status, response?.body]).to.deep.equal([401, '{"error":"log in"}']);
    });
  });
}
