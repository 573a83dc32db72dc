/** So many may be waited for: each is remembered, and a peer may leave all of them unanswered. */
export const maxPendingPings = 1_000;

interface PendingPing {
  payload: Buffer;
  sentAt: number;
  resolve(latency: number): void;
  reject(error: Error): void;
}

/** The pings that somebody waits for the answer of. */
export class PendingPings {
  private pending: PendingPing[] = [];

  get isFull(): boolean {
    return this.pending.length >= maxPendingPings;
  }

  add(payload: Buffer): Promise<number> {
    const answered = new Promise<number>((resolve, reject) => {
      this.pending.push({ payload, sentAt: performance.now(), resolve, reject });
    });
    // Who does not wait for the pong must not learn by an unhandled rejection that the connection closed.
    answered.catch(() => {});
    return answered;
  }

  /** RFC 6455, 5.5.3: a pong may answer only the latest of several pings, and so answers those before it as well. */
  answer(payload: Buffer): void {
    const index = this.pending.findIndex((ping) => ping.payload.equals(payload));
    const now = performance.now();
    for (const ping of this.pending.splice(0, index + 1)) ping.resolve(now - ping.sentAt);
  }

  reject(reason: () => Error): void {
    for (const ping of this.pending.splice(0)) ping.reject(reason());
  }
}
