import type { ClientConnection } from '../../client/client-connection';
import { connect } from '../../client/connect';
import type { ConnectOptions } from '../../client/options';
import { type Counts, count, kindOf } from './counts';
import { Latencies } from './latencies';
import { ownLimit } from './open-files';
import type { BenchOptions } from './options';
import { follow } from './timetable';

/** Opens connections, and keeps count. */
export class Dialling {
  opened = 0;
  failed: Counts = {};
  readonly latencies = new Latencies();

  constructor(
    private readonly url: string,
    private readonly options: ConnectOptions,
    /** Aborted when it is enough: what is under way is given up. */
    private readonly signal: AbortSignal,
  ) {}

  /** The measured time begins. */
  begin(): void {
    this.opened = 0;
    this.failed = {};
    this.latencies.reset();
  }

  /**
   * Opens one.
   *
   * @returns undefined where it failed, or the signal was aborted
   * @throws what is wrong on this side, and would be so for all others
   */
  async dial(): Promise<ClientConnection | undefined> {
    try {
      return await this.dialFirst();
    } catch (error) {
      const failure = ownLimit(error, this.opened);
      if (failure !== undefined) throw failure;
      if (!this.signal.aborted) count(this.failed, kindOf(error));
      return undefined;
    }
  }

  /** The same for the first: @throws also what is wrong with the server, which all others would find as well */
  async dialFirst(): Promise<ClientConnection> {
    const began = performance.now();
    const connection = await connect(this.url, { ...this.options, signal: this.signal });
    this.latencies.record(performance.now() - began);
    this.opened++;
    return connection;
  }
}

/**
 * Opens connections over the time of `ramp`, or `opening` of them at once.
 *
 * @param onOpen gets each as soon as it is open
 */
export async function openAll(
  dialling: Dialling,
  how: { count: number } & Pick<BenchOptions, 'ramp' | 'opening'>,
  onOpen: (connection: ClientConnection) => void,
  signal: AbortSignal,
): Promise<void> {
  const failing = new AbortController();
  const enough = AbortSignal.any([signal, failing.signal]);
  const open = async () => {
    const connection = await dialling.dial();
    if (connection !== undefined) onOpen(connection);
  };
  const watched = () =>
    open().catch((error: unknown) => {
      failing.abort(error);
    });
  let left = how.count;
  const worker = async () => {
    for (; left > 0 && !enough.aborted; ) {
      left--;
      await watched();
    }
  };
  if (how.ramp === null) {
    await Promise.all(Array.from({ length: Math.min(how.count, how.opening) }, worker));
  } else {
    const underWay: Promise<void>[] = [];
    await follow({ interval: how.ramp / how.count, count: how.count }, () => underWay.push(watched()), enough);
    await Promise.all(underWay);
  }
  failing.signal.throwIfAborted();
}
