import { AdapterError, InvalidStateError, WebSocketError } from '../protocol/errors';
import { checkMilliseconds } from '../protocol/options';
import type { AdapterStatus } from './adapter';

/** How an adapter watches its broker. */
export interface HealthOptions {
  /** Milliseconds that the broker has for an answer; then the call fails, and the adapter is degraded. @default 3,000 */
  operationTimeout?: number;
  /** Milliseconds between probes while all is well: a silent broker is found after this and `operationTimeout`. @default 5,000 */
  probeInterval?: number;
}

export const healthOptionNames = ['operationTimeout', 'probeInterval'] as const;

/** @throws InvalidOptionError for what is no number of milliseconds */
export function resolveHealthOptions(given: HealthOptions): Required<HealthOptions> {
  const { operationTimeout = 3000, probeInterval = 5000 } = given;
  checkMilliseconds('operationTimeout', operationTimeout);
  checkMilliseconds('probeInterval', probeInterval);
  return { operationTimeout, probeInterval };
}

/** What a BrokerHealth works for. */
export interface HealthOwner {
  /** What the broker is called in errors: `'Redis'`. */
  readonly broker: string;
  /**
   * Proves that the broker takes what we say, and that we hear what it says: makes sure of all subscriptions, publishes a
   * word that was never said before, and is done when that has come back.
   */
  probe(): Promise<void>;
  /** The status is another one; a new problem alone is no news. */
  statusChanged(status: AdapterStatus, problem: Error | undefined): void;
}

/** Milliseconds before a degraded broker is probed again: twice as long each time, up to the longest. */
const shortestWait = 100;
const longestWait = 1000;

/**
 * Whether a broker is there. Every failure of a call makes the adapter degraded, and a probe that came back makes it ready;
 * it begins connecting, because nothing is proved yet.
 */
export class BrokerHealth {
  readonly #owner: HealthOwner;
  readonly #options: Required<HealthOptions>;
  #status: AdapterStatus = 'connecting';
  #problem: WebSocketError | undefined;
  /** Counts failures: a probe that began before the last one proves nothing. */
  #failures = 0;
  #wait = shortestWait;
  #timer: NodeJS.Timeout | undefined;
  #isProbing = false;
  /** Rejects each thing that waits for the broker. */
  readonly #pending = new Set<(error: Error) => void>();
  #whenBegun: Array<() => void> = [];

  constructor(owner: HealthOwner, options: Required<HealthOptions>) {
    this.#owner = owner;
    this.#options = options;
  }

  get status(): AdapterStatus {
    return this.#status;
  }

  /** Why it is degraded. */
  get problem(): Error | undefined {
    return this.#problem;
  }

  /** Begins to probe, in the next iteration: until then the owner may finish to build itself. */
  start(): void {
    this.#probeAfter(0);
  }

  /**
   * Asks the broker for something, and waits for the answer no longer than `operationTimeout`.
   *
   * @param stage what is done, for the error: `'append'`
   * @returns rejects with an AdapterError, whose code is `'BROKER_TIMEOUT'` or `'BROKER_FAILED'`
   */
  async run<Value>(stage: string, operation: () => Promise<Value>): Promise<Value> {
    if (this.#status === 'closed') throw this.#closedError();
    try {
      return await this.#inTime(stage, operation);
    } catch (error) {
      // Whoever calls waits for 'ready' to try again: so there has to be one, and every failure leads to it.
      if (error instanceof AdapterError) this.#failed(error);
      throw error;
    }
  }

  /** Done when it is no longer connecting: what is asked before would only fail. That takes no longer than a probe. */
  async begun(): Promise<void> {
    if (this.#status === 'connecting') await new Promise<void>((resolve) => this.#whenBegun.push(resolve));
  }

  /** Waits, and rejects when the adapter is closed meanwhile. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error): void => {
        clearTimeout(timer);
        this.#pending.delete(giveUp);
        reject(error);
      };
      const timer = setTimeout(() => {
        this.#pending.delete(giveUp);
        resolve();
      }, milliseconds);
      this.#pending.add(giveUp);
    });
  }

  /** The client says that the connection is gone. */
  lost(error: Error): void {
    const words = `connection: ${this.#owner.broker} failed: ${wordsOf(error)}`;
    this.#failed(new AdapterError(words, { code: 'BROKER_FAILED', cause: error }));
  }

  /**
   * The connection was lost and is there again, without our having noticed, perhaps: what came meanwhile did not reach us. The
   * status is degraded until a probe has come back, and then receivers read what they missed.
   */
  reconnected(): void {
    if (this.#status === 'ready') this.lost(new Error('the connection was lost for a moment'));
    if (this.#status === 'closed') return;
    this.#failures++;
    this.#probeAfter(0);
  }

  /** No timer runs any more, and everything that waits is rejected. */
  close(): void {
    if (this.#status === 'closed') return;
    clearTimeout(this.#timer);
    this.#become('closed', undefined);
    for (const reject of [...this.#pending]) reject(this.#closedError());
  }

  #inTime<Value>(stage: string, operation: () => Promise<Value>): Promise<Value> {
    const { operationTimeout } = this.#options;
    return new Promise<Value>((resolve, reject) => {
      const giveUp = (error: Error): void => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => {
        const words = `${this.#owner.broker} did not answer within ${operationTimeout} ms (option operationTimeout)`;
        giveUp(new AdapterError(`${stage}: ${words}`, { code: 'BROKER_TIMEOUT' }));
      }, operationTimeout);
      const settle = (): void => {
        clearTimeout(timer);
        this.#pending.delete(giveUp);
      };
      this.#pending.add(giveUp);
      startOf(operation).then(
        (value) => {
          settle();
          resolve(value);
        },
        (error) => giveUp(this.#errorOf(stage, error)),
      );
    });
  }

  #failed(error: WebSocketError): void {
    if (this.#status === 'closed') return;
    this.#failures++;
    if (this.#status === 'ready') this.#probeLater();
    this.#become('degraded', error);
  }

  #become(status: AdapterStatus, problem: WebSocketError | undefined): void {
    const isNews = status !== this.#status;
    this.#status = status;
    this.#problem = problem;
    if (!isNews) return;
    const waiting = this.#whenBegun;
    this.#whenBegun = [];
    for (const begin of waiting) begin();
    this.#owner.statusChanged(status, problem);
  }

  #probeAfter(milliseconds: number): void {
    if (this.#isProbing) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#probe(), milliseconds);
  }

  async #probe(): Promise<void> {
    const failures = this.#failures;
    this.#isProbing = true;
    const error = await this.#inTime('probe', () => this.#owner.probe()).catch((reason) => reason as WebSocketError);
    this.#isProbing = false;
    if (this.#status === 'closed') return;
    if (error !== undefined) this.#failed(error);
    if (failures === this.#failures) {
      // What fails again as soon as it is ready is given more and more time: the wait begins anew when it stayed ready.
      if (this.#status === 'ready') this.#wait = shortestWait;
      this.#probeAfter(this.#options.probeInterval);
      this.#become('ready', undefined);
    } else {
      this.#probeLater();
    }
  }

  #probeLater(): void {
    if (this.#isProbing) return;
    this.#probeAfter(this.#wait);
    this.#wait = Math.min(2 * this.#wait, longestWait);
  }

  #errorOf(stage: string, error: unknown): WebSocketError {
    // Of ours: it says what is wrong already.
    if (error instanceof WebSocketError) return error;
    return new AdapterError(`${stage}: ${this.#owner.broker} failed: ${wordsOf(error)}`, {
      code: 'BROKER_FAILED',
      cause: error,
    });
  }

  #closedError(): WebSocketError {
    return new InvalidStateError('The adapter is closed');
  }
}

/** An operation that throws is one that rejects. */
async function startOf<Value>(operation: () => Promise<Value>): Promise<Value> {
  return operation();
}

/** Node's own error for a name with several addresses has no message. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}
