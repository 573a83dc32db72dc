import { HandshakeError } from '../../protocol/errors';
import { printable } from '../printable';
import { Latencies } from './latencies';
import type { Message } from './messages';

/** How often each of several things happened. */
export type Counts = Record<string, number>;

export function count(counts: Counts, kind: string | number): void {
  counts[kind] = (counts[kind] ?? 0) + 1;
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}

/** What went wrong, in a word: `ECONNRESET`, `HTTP_401`, `HANDSHAKE_TIMEOUT`, … */
export function kindOf(error: unknown): string {
  if (error instanceof HandshakeError && error.response !== undefined && error.status !== 101) {
    return `HTTP_${error.status}`;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : ((error as Error | null)?.name ?? 'UNKNOWN');
}

/** What happened to the messages, of all connections. */
export class Tally {
  sent = 0;
  answered = 0;
  bytesReceived = 0;
  readonly latencies = new Latencies();
  /** How much later than its time a message was sent: the generator's own lateness. */
  readonly lateness = new Latencies();

  /** From the first message on: a server that answers wrongly does it at once. */
  outOfOrder = 0;
  wrong = 0;
  firstWrong: string | null = null;

  isWrong(data: Message): void {
    this.wrong++;
    const [shown, length] =
      typeof data === 'string' ? [data.slice(0, 60), data.length] : [data.toString('latin1', 0, 60), data.length];
    this.firstWrong ??= printable(shown) + (length > 60 ? '…' : '');
  }

  /** The measured time begins. What is on the way counts as sent in it, as its answers count. */
  begin(onTheWay: number): void {
    this.sent = onTheWay;
    this.answered = 0;
    this.bytesReceived = 0;
    this.latencies.reset();
    this.lateness.reset();
  }
}
