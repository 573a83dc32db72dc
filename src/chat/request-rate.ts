import { type ResolvedRate, TokenBucket } from '../connection/token-bucket';

/** As much of an answer, in UTF-16 code units, costs as much as a request. */
const answerPerToken = 64 * 1024;

/** How much work one connection of the chat may ask for: a few bytes can ask for half a megabyte. */
export class RequestRate {
  /** Made with the first request. */
  private bucket: TokenBucket | undefined;

  constructor(private readonly limit: ResolvedRate | false) {}

  /** Counts a request, if it may be carried out; otherwise says after how many seconds it may. */
  waitFor(): number {
    if (this.limit === false) return 0;
    this.bucket ??= new TokenBucket(this.limit);
    const wait = this.bucket.until(1);
    if (wait === 0) this.bucket.owe(1);
    // Never 0, and no more digits than anybody needs.
    return Math.ceil(wait / 10) / 100;
  }

  /** Counts what was sent for it: small answers are in the price. */
  answered(answer: string): void {
    this.bucket?.owe(Math.floor(answer.length / answerPerToken));
  }
}
