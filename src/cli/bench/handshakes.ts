import { Dialling } from './dialling';
import { formatRate } from './format';
import { busy, watchGenerator } from './generator-use';
import type { BenchOptions } from './options';
import { pass } from './phases';
import { type BenchResult, headOf } from './result';
import type { BenchSetting } from './setting';

/** Mode `connect`: as many as `connections` are being opened and closed all the time. */
export async function runHandshakes(options: BenchOptions, setting: BenchSetting): Promise<BenchResult> {
  const dialling = new Dialling(setting.url, setting.connect, setting.interrupted);
  const first = await dialling.dialFirst();
  first.close(1000);
  await first.closed;

  const over = new AbortController();
  const lost = new AbortController();
  const ending = AbortSignal.any([setting.interrupted, lost.signal]);
  let failedInARow = 0;
  const worker = async () => {
    while (!over.signal.aborted && !ending.aborted) {
      const connection = await dialling.dial();
      if (connection === undefined) {
        if (++failedInARow > options.connections) lost.abort();
        continue;
      }
      failedInARow = 0;
      // What the server says is not kept: it must not hold the closing handshake up.
      connection.on('message', () => {});
      connection.close(1000);
      await connection.closed;
    }
  };
  const workers = Promise.all(Array.from({ length: options.connections }, worker));
  // What a worker throws ends it now, and is thrown below.
  workers.catch(() => lost.abort());

  let [before, at] = [0, performance.now()];
  const live = () => {
    const now = performance.now();
    const rate = ((dialling.opened - before) / (now - at)) * 1000;
    [before, at] = [dialling.opened, now];
    return `${formatRate(Math.max(0, rate))} connections/s`;
  };
  try {
    if (options.warmup > 0) await pass(setting.phases, 'Warming up', options.warmup, live, ending);
    dialling.begin();
    const useSince = watchGenerator();
    const measured = await pass(setting.phases, 'Measuring', options.duration, live, ending);
    const use = useSince();
    const { opened } = dialling;
    return {
      ...headOf(options, setting, lost.signal),
      measured,
      connections: {
        opened,
        failed: { ...dialling.failed },
        lost: {},
        errors: {},
        perSecond: (opened / measured) * 1000,
        latency: dialling.latencies.summary(),
        httpVersion: first.response.httpVersion,
        extensions: first.extensions,
      },
      messages: null,
      generator: { ...use, lateness: null, isBottleneck: use.eventLoop >= busy },
    };
  } finally {
    over.abort();
    await workers;
  }
}
