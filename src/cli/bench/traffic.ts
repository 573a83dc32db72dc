/** What is done on one connection, and counted. */
import type { ClientConnection } from '../../client/client-connection';
import { InFlight } from './in-flight';
import type { MessageStatistics } from './message-statistics';
import type { Message, Messages } from './messages';

export interface Traffic {
  /** Begins to send, as much as may be in flight at once. On a timetable nothing is sent by itself. */
  start(): void;
  /** Sends one message that was due at this time. */
  send(due: number): void;
  /** Sends nothing more by itself. */
  stop(): void;
  /** Messages that wait for an answer. */
  readonly unanswered: number;
}

/** Messages that are answered. */
export class AnsweredTraffic implements Traffic {
  private readonly inFlight: InFlight;
  private isSending = false;

  /**
   * @param most messages in flight; 0 where a timetable says when to send
   * @param isEcho whether an answer must be the message
   * @param first the number of the first message: another one for each connection, so that one does not pass for another's
   */
  constructor(
    private readonly connection: ClientConnection,
    private readonly messages: Messages,
    private readonly statistics: MessageStatistics,
    private readonly most: number,
    private readonly isEcho: boolean,
    first: number,
  ) {
    this.inFlight = new InFlight(first);
    connection.on('message', (data) => this.received(data));
  }

  get unanswered(): number {
    return this.inFlight.size;
  }

  start(): void {
    this.isSending = true;
    for (let sent = 0; sent < this.most; sent++) this.send(performance.now());
  }

  send(due: number): void {
    const message = this.messages.at(this.inFlight.next);
    this.inFlight.push(due);
    this.statistics.sent++;
    this.connection.send(message);
  }

  stop(): void {
    this.isSending = false;
  }

  private received(data: Message): void {
    const sequence = this.answeredBy(data);
    const sent = sequence === undefined ? undefined : this.inFlight.take(sequence);
    if (sent === undefined) {
      this.statistics.isWrong(data);
      return;
    }
    const now = performance.now();
    this.statistics.latencies.record(now - sent);
    this.statistics.answered++;
    this.statistics.bytesReceived += data.length;
    if (this.isSending && this.most > 0) this.send(now);
  }

  /** Which message it answers; undefined where none. */
  private answeredBy(data: Message): number | undefined {
    const { oldest } = this.inFlight;
    if (!this.isEcho || this.messages.isAt(oldest, data)) return oldest;
    const number = this.messages.numberOf(data);
    const found = number === undefined ? undefined : this.inFlight.find(number, this.messages.count);
    if (found !== undefined) this.statistics.outOfOrder++;
    return found;
  }
}

/** Bytes that a connection sends at once where nothing holds it up. */
const turn = 32 * 1024;

/** Messages without an answer: as many as the connection takes without putting them aside. */
export class SentTraffic implements Traffic {
  readonly unanswered = 0;
  private sequence = 0;
  private isSending = false;
  private readonly size: number;

  /** @param isTimed whether a timetable says when to send */
  constructor(
    private readonly connection: ClientConnection,
    private readonly messages: Messages,
    private readonly statistics: MessageStatistics,
    private readonly isTimed: boolean,
  ) {
    this.size = messages.at(0).length;
    connection.on('drain', () => setImmediate(() => this.pump()));
    // What comes nevertheless is not kept.
    connection.on('message', (data) => {
      this.statistics.bytesReceived += data.length;
    });
  }

  start(): void {
    this.isSending = true;
    if (!this.isTimed) this.pump();
  }

  send(): boolean {
    this.statistics.sent++;
    return this.connection.send(this.messages.at(this.sequence++));
  }

  stop(): void {
    this.isSending = false;
  }

  /**
   * So many in a turn of the event loop, and after more than `highWaterMark` waits none until `'drain'`: where the system
   * takes everything, timers and what comes have their turn all the same.
   */
  private pump(): void {
    if (!this.isSending || this.isTimed) return;
    for (let left = Math.max(1, Math.floor(turn / this.size)); left > 0; left--) {
      if (!this.send()) return;
    }
    setImmediate(() => this.pump());
  }
}

/** Messages that come by themselves. */
export class ReceivedTraffic implements Traffic {
  readonly unanswered = 0;

  constructor(connection: ClientConnection, statistics: MessageStatistics) {
    connection.on('message', (data) => {
      statistics.answered++;
      statistics.bytesReceived += data.length;
    });
  }

  start(): void {}
  send(): void {}
  stop(): void {}
}
