import type { Outbox } from './outbox';

/**
 * Answers pings, up to a limit one by one. Of those beyond it that wait, only the latest is answered, which RFC 6455,
 * section 5.5.3, allows: a flood of pings that nobody reads the answers of must not fill memory.
 */
export class Pongs {
  private inLine = 0;
  private latest: Buffer | null = null;

  /** @param send sends a pong, if that can still be done */
  constructor(
    private readonly outbox: Outbox,
    private readonly limit: number,
    private readonly send: (payload: Buffer) => void,
  ) {}

  answer(payload: Buffer): void {
    // What waits goes first, also where all is written and that has not been told yet.
    if (this.latest !== null) {
      this.latest = payload;
      return;
    }
    if (this.outbox.amount === 0) this.inLine = 0;
    if (this.inLine < this.limit) {
      this.inLine++;
      this.send(payload);
      return;
    }
    this.latest = payload;
    this.outbox.whenWritten((error) => this.answerLatest(error));
  }

  private answerLatest(error?: Error | null): void {
    const { latest } = this;
    this.latest = null;
    if (!error && latest !== null) this.send(latest);
  }
}
