import { expect } from 'chai';
import { Latencies } from '../../../src/cli/bench/latencies';
import { formatReport } from '../../../src/cli/bench/report';
import { type BenchResult, withoutCredentials } from '../../../src/cli/bench/result';

type Messages = NonNullable<BenchResult['messages']>;

interface Changes {
  head?: Partial<Omit<BenchResult, 'connections' | 'messages' | 'generator'>>;
  connections?: Partial<BenchResult['connections']>;
  messages?: Partial<Messages> | null;
  generator?: Partial<BenchResult['generator']>;
}

function latency(...all: number[]) {
  const latencies = new Latencies();
  for (const each of all) latencies.record(each);
  return latencies.summary();
}

const options = { connections: 10, inFlight: 2, rate: null, size: 32, binary: false, duration: 10_000, warmup: 1000 };

const messages: Messages = {
  sent: 100_000,
  answered: 100_000,
  late: 20,
  missing: 0,
  wrong: 0,
  firstWrong: null,
  outOfOrder: 0,
  perSecond: 9998,
  bytesPerSecond: 319_936,
  latency: latency(0.5, 1.1, 1.2, 20),
};

function reported(changes: Changes = {}): string {
  return formatReport({
    url: 'ws://localhost:8765/echo',
    mode: 'echo',
    options,
    ended: 'complete',
    measured: 10_000,
    ...changes.head,
    connections: {
      opened: 10,
      failed: {},
      lost: {},
      errors: {},
      perSecond: 1234.5,
      latency: latency(3),
      httpVersion: '1.1',
      extensions: '',
      ...changes.connections,
    },
    messages: changes.messages === null ? null : { ...messages, ...changes.messages },
    generator: { cpu: 0.4, eventLoop: 0.5, lateness: null, isBottleneck: false, ...changes.generator },
  });
}

describe('the report of a benchmark', () => {
  it('says what was measured, where, and for how long', () => {
    expect(reported().split('\n')[0]).to.equal(
      'ws://localhost:8765/echo (HTTP/1.1): echo, 10 connections, 2 in flight each, 32 B text, measured for 10 s',
    );
    const timed = reported({ head: { options: { ...options, inFlight: null, rate: 5000, binary: true } } });
    expect(timed).to.contain('echo, 10 connections, 5,000 messages/s by timetable, 32 B binary,');
    const compressed = reported({ connections: { httpVersion: '2.0', extensions: 'permessage-deflate' } });
    expect(compressed).to.contain('(HTTP/2, permessage-deflate)');
  });

  it('has counts, rates, percentiles and a histogram', () => {
    const report = reported();
    expect(report).to.match(/connections +│ +10 │ 1,235\/s/);
    expect(report).to.match(/messages\/s +│ +9,998 │ 320 kB\/s/);
    expect(report).to.match(/answered +│ 100,000/);
    expect(report).to.match(/connecting +│ +3 ms/);
    expect(report).to.match(/message to answer +│ 1.1 ms/);
    expect(report).to.match(/^ +1 ms – 1.6 ms +50.0 % +█{40}$/m);
  });

  it('is silent about what did not happen', () => {
    expect(reported()).not.to.match(/failed|lost|errors|missing|wrong|order|late|!/);
  });

  it('has what went wrong, the most frequent first', () => {
    const report = reported({
      connections: { failed: { ECONNRESET: 3, HTTP_503: 12 }, lost: { 1006: 2 }, errors: { ECONNRESET: 2 } },
      messages: { missing: 7, outOfOrder: 4 },
    });
    expect(report).to.match(/failed +│ +15 │ HTTP_503: 12, ECONNRESET: 3/);
    expect(report).to.match(/lost +│ +2 │ close code 1006: 2/);
    expect(report).to.match(/errors +│ +2 │ ECONNRESET: 2/);
    expect(report).to.match(/missing +│ +7 │ never answered/);
    expect(report).to.match(/out of order +│ +4/);
  });

  it('shows a wrong answer, and says what the server would have to do', () => {
    const report = reported({ messages: { wrong: 3, firstWrong: 'HELLO\\x1b' } });
    expect(report).to.match(/wrong +│ +3 │ the first: HELLO\\x1b/);
    expect(report).to.match(/! The server sent what is no echo: .* --mode answer takes any answer/);
  });

  it('asks whether the server answers at all when it did not once', () => {
    expect(reported({ messages: { answered: 0, missing: 20, latency: null } })).to.contain(
      '! No message was answered.',
    );
    const wrong = { messages: { answered: 0, wrong: 15, missing: 5, firstWrong: 'x', latency: null } };
    expect(reported(wrong)).not.to.contain('No message was answered');
    const nothing = { messages: { answered: 0, latency: null }, head: { mode: 'receive' as const } };
    expect(reported(nothing)).to.contain('! Nothing came in 10 s.');
  });

  it('says that the generator was the bottleneck', () => {
    expect(reported({ generator: { cpu: 0.97, eventLoop: 0.99, isBottleneck: true } })).to.contain(
      '! The generator was busy for 99 % of the time, and used 97 % of its core: the server may be faster than this.',
    );
  });

  it('says that the timetable was not kept, and by how much', () => {
    const report = reported({ generator: { cpu: 1, isBottleneck: true, lateness: latency(0.1, 5) } });
    expect(report).to.match(/sent late by +│ +100 µs/);
    expect(report).to.match(/! The generator could not keep its timetable: .* 5 ms late or more/);
  });

  it('says why it ended early', () => {
    expect(reported({ head: { ended: 'interrupted' } })).to.contain('(interrupted)');
    expect(reported({ head: { ended: 'lost' } })).to.contain('(ended early: no connection was left)');
  });

  it('of handshakes has those, and their histogram', () => {
    const report = reported({
      head: { mode: 'connect', options: { ...options, inFlight: null, size: null } },
      connections: { latency: latency(3, 3, 3) },
      messages: null,
    });
    expect(report).to.contain('connect, 10 connections, measured');
    expect(report).not.to.contain('messages');
    expect(report).to.match(/2.5 ms – 4 ms +100.0 %/);
  });
});

describe('the URL of a result', () => {
  it('has no user and no password', () => {
    expect(withoutCredentials('ws://user:p@ss@host:1/a@b?c=@')).to.equal('ws://host:1/a@b?c=@');
    expect(withoutCredentials('wss://host/a@b')).to.equal('wss://host/a@b');
  });
});
