/** The slot of a message that was answered before an older one. */
const answered = Number.NaN;

/**
 * When each message that has no answer yet was sent: a ring of times, in the order of sending. It grows where a server falls
 * behind a timetable.
 */
export class InFlight {
  /** As many as a power of two, for the mask. */
  private times = new Float64Array(16);
  private oldestOf: number;
  private nextOf: number;
  private unanswered = 0;

  /** @param first the number of the first message */
  constructor(first = 0) {
    this.oldestOf = first;
    this.nextOf = first;
  }

  /** Messages without an answer. */
  get size(): number {
    return this.unanswered;
  }

  /** The number of the oldest message without an answer; of the next one to be sent, where there is none. */
  get oldest(): number {
    return this.oldestOf;
  }

  /** The number that the next message will have. */
  get next(): number {
    return this.nextOf;
  }

  /** The next message was sent at this time. */
  push(time: number): void {
    if (this.nextOf - this.oldestOf === this.times.length) this.grow();
    this.times[this.nextOf++ & (this.times.length - 1)] = time;
    this.unanswered++;
  }

  /**
   * A message was answered.
   *
   * @returns when it was sent; undefined where it is not in flight
   */
  take(sequence: number): number | undefined {
    if (sequence < this.oldestOf || sequence >= this.nextOf) return undefined;
    const mask = this.times.length - 1;
    const time = this.times[sequence & mask]!;
    if (Number.isNaN(time)) return undefined;
    this.unanswered--;
    if (sequence > this.oldestOf) this.times[sequence & mask] = answered;
    else
      do this.oldestOf++;
      while (this.oldestOf < this.nextOf && Number.isNaN(this.times[this.oldestOf & mask]!));
    return time;
  }

  /** The oldest message in flight whose number is `remainder` modulo `divisor`, or undefined. */
  find(remainder: number, divisor: number): number | undefined {
    const mask = this.times.length - 1;
    const ahead = (((remainder - this.oldestOf) % divisor) + divisor) % divisor;
    for (let sequence = this.oldestOf + ahead; sequence < this.nextOf; sequence += divisor) {
      if (!Number.isNaN(this.times[sequence & mask]!)) return sequence;
    }
    return undefined;
  }

  private grow(): void {
    const grown = new Float64Array(this.times.length * 2);
    const [old, grownMask] = [this.times.length - 1, grown.length - 1];
    for (let sequence = this.oldestOf; sequence < this.nextOf; sequence++) {
      grown[sequence & grownMask] = this.times[sequence & old]!;
    }
    this.times = grown;
  }
}
