import { printable } from '../printable';
import { Latencies } from './latencies';
import type { Message } from './messages';

/** What happened to the messages, of all connections. */
export class MessageStatistics {
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
