import { PolicyError } from '../protocol/errors';
import type { MessageDecoder } from '../protocol/message-decoder';
import { DueQueue } from './due-queue';
import type { RateName, ResolvedConnectionOptions } from './options';
import { type ResolvedRate, TokenBucket } from './token-bucket';

interface IntakeOwner {
  readonly isOpen: boolean;
  /** What the peer sends is read. */
  readonly isReading: boolean;
  receivedViolation(error: PolicyError): void;
  /** A limit has held something up. */
  limited(code: string): void;
  /** `isDelayed` is another. */
  intakeChanged(): void;
  /** The peer goes on sending, though the connection closes. */
  sentTooLong(): void;
}

const told: Record<RateName, { code: string; what: string }> = {
  maxMessagesPerSecond: { code: 'MESSAGE_RATE', what: 'messages' },
  maxBytesPerSecond: { code: 'BYTE_RATE', what: 'bytes' },
  maxControlFramesPerSecond: { code: 'CONTROL_RATE', what: 'pings and pongs' },
};

/** Who is delayed waits until as much may come as comes in this time, in milliseconds: so that a message is not a timer. */
const leastDelay = 20;

/** The longest, in milliseconds: a timer that is to wait for longer does not wait at all. */
const longestDelay = 2 ** 30;

/** Delays are multiples of it, in milliseconds: Node keeps those that are equally long in one list. */
const step = 10;

/**
 * What is read of a peer, in bytes, once the connection closes: what it had sent before it knew is no more than that. Who goes
 * on sending waits until `closeTimeout` is over, rather than have us read for so long.
 */
const mostWhileClosing = 16 * 1024 * 1024;

/** How fast a peer may send, and by when it has to begin: what is asked of a connection where a limit is set. */
export class Intake {
  private readonly messages: TokenBucket | null;
  private readonly bytes: TokenBucket | null;
  /** Made when the first frame comes that it is for: most peers never send one. */
  private controlFrames: TokenBucket | null = null;
  private readonly delays: boolean;
  private timer: NodeJS.Timeout | undefined;
  private newcomers: DueQueue<Intake> | null = null;
  /** The first message was not there in time, and what came instead is delayed. */
  private wasLate = false;
  /** Bytes that have come since the connection closes. */
  private whileClosing = 0;
  /** What the extension had cost with the latest message. */
  private effort = 0;

  /** Null where nothing is asked: what every message would pay for otherwise. */
  static of(options: ResolvedConnectionOptions, owner: IntakeOwner): Intake | null {
    const { maxMessagesPerSecond, maxBytesPerSecond, firstMessageTimeout } = options;
    const asksNothing = maxMessagesPerSecond === false && maxBytesPerSecond === false && firstMessageTimeout === false;
    return asksNothing ? null : new Intake(options, owner);
  }

  constructor(
    private readonly options: ResolvedConnectionOptions,
    private readonly owner: IntakeOwner,
  ) {
    const { maxMessagesPerSecond, maxBytesPerSecond } = options;
    this.messages = maxMessagesPerSecond === false ? null : new TokenBucket(maxMessagesPerSecond);
    this.bytes = maxBytesPerSecond === false ? null : new TokenBucket(maxBytesPerSecond);
    this.delays = options.onRateLimit === 'delay';
  }

  /** Begins to wait for the first message. */
  awaitFirst(): void {
    const { firstMessageTimeout } = this.options;
    if (firstMessageTimeout === false) return;
    this.newcomers = newcomersOf(firstMessageTimeout);
    this.newcomers.add(this);
  }

  /** Nothing may be read now: too much has come. */
  get isDelayed(): boolean {
    return this.timer !== undefined && this.owner.isOpen;
  }

  /** Has bytes that were read decoded: all of them, or as many as the peer may send. */
  decode(decoder: MessageDecoder, chunk: Buffer, length: number): void {
    const { bytes } = this;
    if (!this.owner.isOpen) this.decodeClosing(decoder, chunk, length);
    else if (bytes === null) decoder.write(chunk, length);
    else if (this.delays) {
      bytes.owe(length);
      decoder.write(chunk, length);
      this.delayFor(bytes, 'maxBytesPerSecond');
    } else {
      const allowed = bytes.take(length);
      decoder.write(chunk, allowed);
      if (allowed < length) this.refuse('maxBytesPerSecond');
    }
  }

  /**
   * A message has come.
   *
   * @param size bytes that it has; they count once more where it was compressed
   * @param effort what the extension has cost by now, if there is one
   * @returns whether it is to be handed on
   */
  message(size: number, effort = 0): boolean {
    this.begun();
    const isInflated = effort !== this.effort;
    this.effort = effort;
    const bytes = isInflated ? this.bytes : null;
    return this.allows(this.messages, 1, 'maxMessagesPerSecond') && this.allows(bytes, size, 'maxBytesPerSecond');
  }

  /** A piece of a message has come. @returns whether it is to be handed on */
  piece(isLast: boolean): boolean {
    this.begun();
    return !isLast || this.allows(this.messages, 1, 'maxMessagesPerSecond');
  }

  private decodeClosing(decoder: MessageDecoder, chunk: Buffer, length: number): void {
    this.whileClosing += length;
    if (this.whileClosing > mostWhileClosing) this.owner.sentTooLong();
    else decoder.write(chunk, length);
  }

  private begun(): void {
    if (this.newcomers === null) return;
    this.newcomers.remove(this);
    this.newcomers = null;
  }

  /** A control frame has come that nobody asked for. @returns whether it is to be obeyed */
  controlFrame(): boolean {
    const { maxControlFramesPerSecond: limit } = this.options;
    if (limit === false) return true;
    this.controlFrames ??= new TokenBucket(limit);
    return this.allows(this.controlFrames, 1, 'maxControlFramesPerSecond');
  }

  /** Reading has stopped, for whatever reason, or goes on. Who is delayed has had his tokens. */
  readingChanged(): void {
    const held = !this.owner.isReading && this.timer === undefined;
    for (const bucket of this.buckets) bucket.held = held;
  }

  /** The connection is closed. */
  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.begun();
  }

  /** No message came in time. @internal */
  late(): void {
    const { owner, newcomers } = this;
    if (newcomers === null || !owner.isOpen) return;
    if (!owner.isReading && !this.wasLate) {
      // It may have come, and not be read. Who is delayed because of what is no message has one more chance, not one after the other.
      this.wasLate = this.timer !== undefined;
      newcomers.add(this);
      return;
    }
    const limit = this.options.firstMessageTimeout;
    const message = `No message came within firstMessageTimeout (${limit} ms) of the opening handshake`;
    owner.receivedViolation(new PolicyError(message, { code: 'FIRST_MESSAGE_TIMEOUT' }));
  }

  private get buckets(): TokenBucket[] {
    return [this.messages, this.bytes, this.controlFrames].filter((bucket) => bucket !== null);
  }

  private allows(bucket: TokenBucket | null, count: number, name: RateName): boolean {
    if (bucket === null || !this.owner.isOpen) return true;
    if (this.delays) {
      bucket.owe(count);
      this.delayFor(bucket, name);
      return true;
    }
    if (bucket.take(count) === count) return true;
    this.refuse(name);
    return false;
  }

  private refuse(name: RateName): void {
    if (!this.owner.isOpen) return;
    const { code, what } = told[name];
    const { rate, burst } = this.options[name] as ResolvedRate;
    const message = `The peer sent ${what} faster than ${name} allows (${rate} per second, ${burst} at once)`;
    this.owner.receivedViolation(new PolicyError(message, { code }));
  }

  /** Stops reading until what has come is paid for. */
  private delayFor(bucket: TokenBucket, name: RateName): void {
    if (this.timer !== undefined || !this.owner.isOpen || bucket.until(0) === 0) return;
    this.owner.limited(told[name].code);
    this.wait();
    this.owner.intakeChanged();
  }

  private wait(): void {
    const longest = Math.max(...this.buckets.map((bucket) => bucket.until(0)));
    const delay = Math.ceil((Math.min(longest, longestDelay) + leastDelay) / step) * step;
    this.timer = setTimeout(() => this.waited(), delay);
  }

  private waited(): void {
    if (this.buckets.some((bucket) => bucket.until(0) > 0)) {
      this.wait();
      return;
    }
    this.timer = undefined;
    this.owner.intakeChanged();
  }
}

const newcomers = new Map<number, DueQueue<Intake>>();

/** Those of whom the first message is awaited, for so many milliseconds. */
function newcomersOf(timeout: number): DueQueue<Intake> {
  const queue = newcomers.get(timeout) ?? new DueQueue<Intake>(timeout, (intake) => intake.late());
  newcomers.set(timeout, queue);
  return queue;
}
