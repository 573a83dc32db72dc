import { once } from 'node:events';
import { expect } from 'chai';
import type { ConnectionOptions } from '../../src/connection/options';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { PolicyError } from '../../src/protocol/errors';
import { describeContract } from './support/contract';

/** Per second; so slow that nothing comes back while a test runs. */
const never = 0.001;

const texts = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}`);

/** The messages that come, in the order in which they do. */
function heardBy(socket: WebSocketConnection): string[] {
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  return heard;
}

async function until(socket: WebSocketConnection, condition: () => boolean): Promise<void> {
  while (!condition()) await once(socket, 'message');
}

describeContract('contract: rates', (contract) => {
  const limitedBy = (code: string) => contract.board.metrics().limited[code] ?? 0;
  const failedBy = (code: string) => contract.board.metrics().connections.failed[code] ?? 0;

  for (const to of ['server', 'client'] as const) {
    const from = to === 'server' ? 'client' : 'server';
    /** Bytes of a text message of 9 letters, with its header and mask. */
    const frameSize = to === 'server' ? 15 : 11;

    const tooFast: Readonly<Record<string, { options: Partial<ConnectionOptions>; code: string }>> = {
      messages: { options: { maxMessagesPerSecond: { rate: never, burst: 5 } }, code: 'MESSAGE_RATE' },
      bytes: { options: { maxBytesPerSecond: { rate: never, burst: 5 * frameSize + 1 } }, code: 'BYTE_RATE' },
    };

    describe(`of what the ${to} receives`, () => {
      for (const [what, { options, code }] of Object.entries(tooFast)) {
        it(`too many ${what} are answered with 1008 and the end, and what was allowed is heard`, async () => {
          const ends = await contract.pair({ [to]: options });
          const heard = heardBy(ends[to]);
          const failed = once(ends[to], 'error');
          for (const text of texts(9)) ends[from].send(text);
          const [error] = await failed;
          expect(error).to.be.instanceOf(PolicyError).with.property('code', code);
          const closure = await ends[to].closed;
          expect(closure).to.include({ code: 1008, initiator: 'local' });
          expect(closure.cause).to.equal(error);
          expect(await ends[from].closed).to.include({ code: 1008, initiator: 'remote' });
          expect(heard).to.deep.equal(texts(5));
        });

        it(`too many ${what} are held up with 'delay', at the sender in the end`, async () => {
          const ends = await contract.pair({
            [to]: { ...options, onRateLimit: 'delay' },
            [from]: { maxBufferedAmount: 2 ** 30 },
          });
          const bystander = await contract.echo();
          const heard = heardBy(ends[to]);
          const sent = texts(5);
          for (const text of sent) ends[from].send(text);
          await until(ends[to], () => heard.length === sent.length);
          // More than a read, and than transports keep for themselves.
          const large = 'x'.repeat(100_000);
          while (ends[from].bufferedAmount < 8_000_000) {
            ends[from].send(large);
            await new Promise((done) => setImmediate(done));
          }
          bystander.send('still here');
          expect(await bystander.receive()).to.equal('still here');
          expect(heard.length).to.be.below(20);
          expect(ends[from].bufferedAmount).to.be.above(7_000_000);
          expect(ends[to].readyState).to.equal(ends[to].OPEN);
          // It does not read, so that it would not see the end.
          ends[to].terminate();
        });
      }

      it("all come with 'delay', in order, and the close behind them", async () => {
        const rates = {
          maxMessagesPerSecond: { rate: 500, burst: 5 },
          maxBytesPerSecond: { rate: 20_000, burst: 100 },
        };
        const ends = await contract.pair({ [to]: { ...rates, onRateLimit: 'delay' } });
        const heard = heardBy(ends[to]);
        for (const text of texts(60)) ends[from].send(text);
        ends[from].close(4000, 'all said');
        expect(await ends[to].closed).to.include({ code: 4000, reason: 'all said', initiator: 'remote' });
        expect(heard).to.deep.equal(texts(60));
      });
    });
  }

  it('what a server limits is counted, whichever way', async () => {
    const options = { maxMessagesPerSecond: { rate: never, burst: 1 } };
    const before = limitedBy('MESSAGE_RATE');
    const failedBefore = failedBy('MESSAGE_RATE');
    const closing = await contract.pair({ server: options });
    closing.server.on('message', () => {});
    for (const text of texts(2)) closing.client.send(text);
    await closing.client.closed;
    const delaying = await contract.pair({ server: { ...options, onRateLimit: 'delay' } });
    const heard = heardBy(delaying.server);
    for (const text of texts(2)) delaying.client.send(text);
    await until(delaying.server, () => heard.length === 2);
    expect(limitedBy('MESSAGE_RATE') - before).to.equal(1);
    expect(failedBy('MESSAGE_RATE') - failedBefore).to.equal(1);
    delaying.server.terminate();
  });
});
