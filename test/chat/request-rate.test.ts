import { expect } from 'chai';
import { RequestRate } from '../../src/chat/request-rate';
import { ChatNodes } from '../support/chat-nodes';
import { FakeClock } from '../support/fake-clock';

describe('RequestRate', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });
  afterEach(() => clock.giveBack());

  it('says after how many seconds the next request may come', () => {
    const rate = new RequestRate({ rate: 4, burst: 2 });
    expect([rate.waitFor(), rate.waitFor()]).to.deep.equal([0, 0]);
    expect(rate.waitFor()).to.equal(0.25);
    // Who asks too soon is not put back for it.
    expect(rate.waitFor()).to.equal(0.25);
    clock.pass(249);
    expect(rate.waitFor()).to.equal(0.01);
    clock.pass(1);
    expect(rate.waitFor()).to.equal(0);
  });

  it('counts large answers as several requests', () => {
    const rate = new RequestRate({ rate: 1, burst: 3 });
    expect(rate.waitFor()).to.equal(0);
    rate.answered('x'.repeat(256 * 1024));
    expect(rate.waitFor()).to.equal(3);
  });

  it('lets everything pass without a limit', () => {
    const rate = new RequestRate(false);
    for (let i = 0; i < 10_000; i++) expect(rate.waitFor()).to.equal(0);
    rate.answered('x'.repeat(1000));
  });
});

describe('chat: requests that cost work', () => {
  const nodes = ChatNodes.use();

  it('are refused where they are too many, and the connection goes on', async () => {
    const server = await nodes.serve({ maxRequestsPerSecond: { rate: 0.001, burst: 3 } });
    const ann = await nodes.connect(server);
    await ann.join('a', 'Ann');
    ann.send({ type: 'history', id: 1 });
    await ann.expect('history');
    ann.send({ type: 'join', room: 'b', id: 2 });
    await ann.expect('joined');
    for (const request of [
      { type: 'join', room: 'c', id: 3 },
      { type: 'history', room: 'a', id: 4 },
    ]) {
      ann.send(request);
      const { code, message, retryAfter, request: echo } = await ann.expect('error');
      expect(code).to.equal('rate-limited');
      expect(retryAfter).to.be.within(990, 1000);
      expect(message).to.equal(
        `You join rooms and read history too often (maxRequestsPerSecond): ask again in ${retryAfter} seconds`,
      );
      expect(echo).to.deep.equal(request);
    }
    expect(server.rooms).to.deep.equal(['a', 'b']);
    // What costs little is not limited by it.
    ann.send({ type: 'message', room: 'a', text: 'still here', id: 5 });
    await ann.expect('sent');
    ann.send({ type: 'ping', id: 6 });
    await ann.expect('pong');
    ann.send({ type: 'leave', room: 'b', id: 7 });
    await ann.expect('left');
  });

  it('are each connection’s own, and none of an honest one’s', async () => {
    const server = await nodes.serve();
    for (let connection = 0; connection < 3; connection++) {
      const ann = await nodes.connect(server);
      // Three times as many joins at once as a client that comes back makes.
      for (let index = 0; index < 150; index++) ann.send({ type: 'join', room: `room ${index % 50}`, id: index });
      for (let index = 0; index < 150; index++) await ann.expect('joined');
    }
  });

  it('count by the size of their answers', async () => {
    const server = await nodes.serve({ maxRequestsPerSecond: { rate: 0.001, burst: 30 }, history: 200 });
    const ann = await nodes.connect(server);
    const { position } = await ann.join('a', 'Ann');
    for (let index = 0; index < 130; index++) {
      await ann.send({ type: 'message', text: 'x'.repeat(4000) }).expect('sent');
    }
    const answers: string[] = [];
    let bytes = 0;
    do {
      ann.send({ type: 'join', room: 'a', since: position });
      const answer = await ann.next();
      answers.push(answer.type);
      bytes += JSON.stringify(answer).length;
    } while (answers.at(-1) === 'joined');
    expect(answers.length).to.be.within(3, 6);
    expect(bytes).to.be.below(3_000_000);
    expect(answers.at(-1)).to.equal('error');
  });
});
