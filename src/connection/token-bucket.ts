import { InvalidOptionError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';

/** How much may come: a number is a rate whose burst is what comes in a second. */
export interface RateLimit {
  /** How many per second, in the long run. */
  readonly rate: number;
  /** How many may come at once, after a time in which fewer came. Default: as many as in a second, and at least 1. */
  readonly burst?: number;
}

/** A rate with its burst. */
export type ResolvedRate = Readonly<Required<RateLimit>>;

/** @throws InvalidOptionError for what is no rate */
export function resolveRate(name: string, given: number | RateLimit): ResolvedRate {
  const isObject = typeof given === 'object' && given !== null;
  if (isObject) refuseUnknownOptions(`option '${name}'`, given, ['rate', 'burst']);
  const { rate, burst = Math.max(1, rate) } = isObject ? given : { rate: given };
  if (!(typeof rate === 'number' && rate > 0 && Number.isFinite(rate))) {
    throw new InvalidOptionError(
      `Option '${name}' must be a number per second above 0, or { rate, burst }, or false for no limit, not ${describe(rate)}`,
    );
  }
  if (!(typeof burst === 'number' && burst >= 1 && Number.isFinite(burst))) {
    throw new InvalidOptionError(
      `The burst of option '${name}' must be a number of at least 1, not ${describe(burst)}`,
    );
  }
  return Object.freeze({ rate, burst });
}

/** How long tokens above the burst last, in milliseconds, once reading goes on: for what has waited meanwhile. */
const surplusLasts = 1000;

/** A token for each thing that may come: they are spent when it does, and come back with time, at most `burst` of them. */
export class TokenBucket {
  private tokens: number;
  /** When `tokens` were so many, in milliseconds. */
  private at = performance.now();
  private isOpenEnded = false;
  /** When the tokens above the burst are gone. */
  private surplusUntil = 0;

  constructor(private readonly limit: ResolvedRate) {
    this.tokens = limit.burst;
  }

  /** Milliseconds until so many are there; 0 if they are. */
  until(tokens: number): number {
    this.refill();
    return this.tokens >= tokens ? 0 : ((tokens - this.tokens) / this.limit.rate) * 1000;
  }

  /** Spends as many of `wanted` as there are, in whole ones; says how many. */
  take(wanted: number): number {
    this.refill();
    const taken = Math.max(0, Math.min(wanted, Math.floor(this.tokens)));
    this.tokens -= taken;
    return taken;
  }

  /** Spends `wanted`, also those that are still to come. */
  owe(wanted: number): void {
    this.refill();
    this.tokens -= wanted;
  }

  /**
   * Says whether nothing can come because the application does not let us read. What comes right after that was sent in that
   * time, too, so that its tokens count in full, whatever the burst.
   */
  set held(isHeld: boolean) {
    this.refill();
    if (this.isOpenEnded && !isHeld) this.surplusUntil = this.at + surplusLasts;
    this.isOpenEnded = isHeld;
  }

  private refill(): void {
    const now = performance.now();
    const tokens = this.tokens + ((now - this.at) * this.limit.rate) / 1000;
    this.at = now;
    const { burst } = this.limit;
    const most = now < this.surplusUntil ? Math.max(this.tokens, burst) : burst;
    this.tokens = this.isOpenEnded ? tokens : Math.min(tokens, most);
  }
}
