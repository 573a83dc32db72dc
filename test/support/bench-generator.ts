import type { Context } from 'mocha';
import { startChild } from '../../bench/children';
import type { Workshop } from '../../bench/workshop';
import { debianTool } from './debian-tool';

/** For a `before` hook of tests that run the load generator: it needs Linux, and a C compiler to be made by. */
export function needGenerator(context: Context): void {
  if (process.platform === 'linux') {
    debianTool(context, 'cc', 'gcc');
    return;
  }
  if (process.env.CI) throw new Error('The bench needs Linux');
  console.log('      skipped: the bench needs Linux');
  context.skip();
}

export type Flags = Readonly<Record<string, string | number | true>>;

/** The line that the generator prints. */
export interface Report {
  messages: number;
  seconds: number;
  perSecond: number;
  /** The server's processor time, as a part of `seconds`. */
  serverCpu: number;
  meanPayload: number;
  latency: { p50: number; p99: number };
}

/** Two connections and a tenth of a second of this process's time, unless `flags` say something else. */
export async function runGenerator({ generator }: Workshop, load: string, flags: Flags): Promise<Report> {
  const all: Flags = { 'server-pid': process.pid, connections: 2, warmup: 10, duration: 100, ...flags };
  const written = Object.entries(all).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const child = startChild('The generator', [generator, load, ...written]);
  try {
    return (await child.nextLine(20_000)) as Report;
  } finally {
    await child.stop();
  }
}

/** The message of the error that `attempt` ends with. */
export async function complaintOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'none',
    (error: Error) => error.message,
  );
}
