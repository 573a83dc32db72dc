import type { ClientConnection } from '../../client/client-connection';
import { type Counts, count, kindOf } from './counts';
import { Dialling, openAll } from './dialling';
import { formatRate } from './format';
import { busy, type GeneratorUse, watchGenerator } from './generator-use';
import { runHandshakes } from './handshakes';
import { MessageStatistics } from './message-statistics';
import { Messages } from './messages';
import { checkOpenFiles } from './open-files';
import type { BenchOptions } from './options';
import { pass, updateInterval } from './phases';
import { type BenchResult, headOf } from './result';
import type { BenchSetting } from './setting';
import { follow } from './timetable';
import { AnsweredTraffic, ReceivedTraffic, SentTraffic, type Traffic } from './traffic';

/**
 * Opens the connections, warms up, measures, waits for the last answers, and closes.
 *
 * @throws HandshakeError, ConnectError or TimeoutError where the first connection cannot be opened
 * @throws Failure at a limit of this machine
 */
export async function runBench(options: BenchOptions, setting: BenchSetting): Promise<BenchResult> {
  checkOpenFiles(options.connections);
  return options.mode === 'connect' ? runHandshakes(options, setting) : new MessageRun(options, setting).run();
}

/** On a timetable, one message in a hundred may be as late as this, in milliseconds. */
const tolerableLateness = 1;

class MessageRun {
  private readonly statistics = new MessageStatistics();
  private readonly messages: Messages;
  private readonly dialling: Dialling;
  /** Of connections that are open. */
  private readonly open = new Map<ClientConnection, Traffic>();
  /** The values of `open`, in turn; made again when one is lost. */
  private traffics: readonly Traffic[] = [];
  private readonly lost: Counts = {};
  private readonly errors: Counts = {};
  private readonly allLost = new AbortController();
  /** Nothing is to be waited for. */
  private readonly ending: AbortSignal;
  private isClosing = false;

  constructor(
    private readonly options: BenchOptions,
    private readonly setting: BenchSetting,
  ) {
    this.messages = new Messages(options);
    this.ending = AbortSignal.any([setting.interrupted, this.allLost.signal]);
    this.dialling = new Dialling(setting.url, setting.connect, setting.interrupted);
  }

  async run(): Promise<BenchResult> {
    try {
      return await this.measured();
    } finally {
      await this.close();
    }
  }

  private async measured(): Promise<BenchResult> {
    const { options, statistics } = this;
    const began = performance.now();
    const first = await this.openAll();
    const opening = performance.now() - began;

    const timetable = this.startSending();
    if (options.warmup > 0) await this.pass('Warming up', options.warmup);
    statistics.begin(this.unanswered());
    const useSince = watchGenerator();
    const measured = await this.pass('Measuring', options.duration);
    const use = useSince();
    const { answered, bytesReceived, sent } = statistics;
    timetable.abort();
    for (const traffic of this.traffics) traffic.stop();
    await this.lastAnswers();

    const inTime = options.mode === 'send' ? sent : answered;
    const bytes = options.mode === 'send' ? sent * options.size : bytesReceived;
    const hasAnswers = options.mode === 'echo' || options.mode === 'answer';
    return {
      ...headOf(options, this.setting, this.allLost.signal),
      measured,
      connections: {
        opened: this.dialling.opened,
        failed: this.dialling.failed,
        lost: this.lost,
        errors: this.errors,
        perSecond: (this.dialling.opened / opening) * 1000,
        latency: this.dialling.latencies.summary(),
        httpVersion: first.response.httpVersion,
        extensions: first.extensions,
      },
      messages: {
        sent: statistics.sent,
        answered: statistics.answered,
        late: statistics.answered - answered,
        missing: hasAnswers ? Math.max(0, statistics.sent - statistics.answered - statistics.wrong) : 0,
        wrong: statistics.wrong,
        firstWrong: statistics.firstWrong,
        outOfOrder: statistics.outOfOrder,
        perSecond: (inTime / measured) * 1000,
        bytesPerSecond: (bytes / measured) * 1000,
        latency: statistics.latencies.summary(),
      },
      generator: this.generator(use),
    };
  }

  /** The first alone: what is wrong with the server is said once. Returns it. */
  private async openAll(): Promise<ClientConnection> {
    const { phases } = this.setting;
    const { connections, ramp, opening } = this.options;
    const first = await this.dialling.dialFirst();
    phases.begin('Connecting', connections);
    const update = setInterval(() => phases.update(this.dialling.opened, ''), updateInterval);
    try {
      this.add(first);
      const how = { count: connections - 1, ramp, opening };
      await openAll(this.dialling, how, (connection) => this.add(connection), this.ending);
    } finally {
      clearInterval(update);
      phases.update(this.dialling.opened, '');
      phases.end();
    }
    return first;
  }

  private add(connection: ClientConnection): void {
    this.open.set(connection, this.trafficOf(connection));
    this.traffics = [...this.open.values()];
    connection.on('error', (error) => {
      if (!this.isClosing) count(this.errors, kindOf(error));
    });
    connection.on('close', (code) => {
      this.open.delete(connection);
      if (this.isClosing) return;
      this.traffics = [...this.open.values()];
      count(this.lost, code);
      if (this.open.size === 0) this.allLost.abort();
    });
    if (this.options.first !== undefined) connection.send(this.options.first);
  }

  private trafficOf(connection: ClientConnection): Traffic {
    const { messages, statistics } = this;
    const { mode, inFlight, rate } = this.options;
    if (mode === 'receive') return new ReceivedTraffic(connection, statistics);
    if (mode === 'send') return new SentTraffic(connection, messages, statistics, rate !== null);
    return new AnsweredTraffic(connection, messages, statistics, inFlight ?? 0, mode === 'echo', this.open.size);
  }

  /** Returns what ends the timetable, where there is one. */
  private startSending(): AbortController {
    const ended = new AbortController();
    for (const traffic of this.traffics) traffic.start();
    const { rate } = this.options;
    if (rate !== null) {
      const send = (index: number, due: number) => {
        const traffic = this.traffics[index % this.traffics.length];
        if (traffic === undefined) return;
        this.statistics.lateness.record(performance.now() - due);
        traffic.send(due);
      };
      void follow({ interval: 1000 / rate, count: Number.POSITIVE_INFINITY }, send, ended.signal);
    }
    return ended;
  }

  /** Returns how long it took, in milliseconds. */
  private pass(name: string, duration: number): Promise<number> {
    let [before, at] = [this.progress(), performance.now()];
    const live = () => {
      const [now, progress] = [performance.now(), this.progress()];
      const rate = ((progress - before) / (now - at)) * 1000;
      [before, at] = [progress, now];
      return `${formatRate(Math.max(0, rate))} messages/s`;
    };
    return pass(this.setting.phases, name, duration, live, this.ending);
  }

  private progress(): number {
    return this.options.mode === 'send' ? this.statistics.sent : this.statistics.answered;
  }

  /** Of connections that are open: those of lost ones are not waited for. */
  private unanswered(): number {
    return this.traffics.reduce((sum, traffic) => sum + traffic.unanswered, 0);
  }

  private async lastAnswers(): Promise<void> {
    const until = performance.now() + this.options.grace;
    while (this.unanswered() > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  private generator(use: GeneratorUse): BenchResult['generator'] {
    const lateness = this.options.rate === null ? null : this.statistics.lateness.summary();
    const isLate = (lateness?.p99 ?? 0) > tolerableLateness;
    // Who follows a timetable looks at the clock all the time, and is busy in any case.
    return { ...use, lateness, isBottleneck: this.options.rate === null ? use.eventLoop >= busy : isLate };
  }

  private async close(): Promise<void> {
    this.isClosing = true;
    await Promise.all(
      [...this.open.keys()].map((connection) => {
        connection.close(1000);
        return connection.closed;
      }),
    );
  }
}
