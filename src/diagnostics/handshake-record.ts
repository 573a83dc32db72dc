import type { IncomingMessage } from 'node:http';
import type { HandshakeError } from '../protocol/errors';
import { type HandshakeTrace, startTrace, traces } from './channels';
import type { Counters } from './counters';

/** One upgrade request, from its arrival to its answer, for those who count it and watch it. */
export class HandshakeRecord {
  readonly #began = performance.now();
  #trace: HandshakeTrace | null = null;
  /** What answers it has not returned. */
  #isRunning = false;
  #isSettled = false;

  constructor(
    private readonly request: IncomingMessage,
    /** Of the board that it is for, as far as that is known. */
    public counters: Counters,
  ) {
    counters.handshakeBegan(request);
  }

  /** Which board it is for may be known only when it has gone through the app. */
  belongsTo(counters: Counters): void {
    if (counters === this.counters || this.#isSettled) return;
    this.counters.pending--;
    counters.pending++;
    this.counters = counters;
  }

  /** Calls what answers it. */
  run(answer: () => void): void {
    if (!traces.handshake.hasSubscribers) {
      answer();
      return;
    }
    const trace: HandshakeTrace = { request: this.request };
    this.#trace = trace;
    this.#isRunning = true;
    try {
      startTrace(traces.handshake, trace, answer);
    } finally {
      traces.handshake.end.publish(trace);
      this.#isRunning = false;
      if (this.#isSettled) this.#endTrace({});
    }
  }

  accepted(socket: object): void {
    if (!this.#settle()) return;
    this.counters.accepted++;
    this.#answered();
    this.counters.connectionOpened(socket, this.request);
    this.#endTrace({ status: 101, socket });
  }

  /**
   * It has another answer than 101.
   *
   * @param error what has led to it; undefined where the application has answered by itself
   */
  refused(status: number, error: HandshakeError | undefined): void {
    if (!this.#settle()) return;
    this.#answered();
    this.#refuse(status, error?.code ?? `HTTP_${status}`, error);
  }

  /** Its client has left, or was cut, before there was an answer. */
  left(error: HandshakeError | undefined): void {
    if (this.#settle()) this.#refuse(0, error?.code ?? 'CLIENT_LEFT', error);
  }

  #refuse(status: number, code: string, error: HandshakeError | undefined): void {
    this.counters.handshakeRefused(this.request, status, code, error);
    this.#endTrace({ status, code, error });
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.counters.pending--;
    return true;
  }

  #answered(): void {
    this.counters.handshakes.observe((performance.now() - this.#began) / 1000);
  }

  #endTrace(outcome: Partial<HandshakeTrace>): void {
    const trace = this.#trace;
    if (trace === null) return;
    Object.assign(trace, outcome);
    if (this.#isRunning) return;
    if (trace.error !== undefined) traces.handshake.error.publish(trace);
    traces.handshake.asyncStart.publish(trace);
    traces.handshake.asyncEnd.publish(trace);
  }
}
