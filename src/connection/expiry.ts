import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { alarms, type Sleeper } from './alarms';

/** Whose credentials expire. */
export interface Expiring {
  /** They will soon. */
  expiring(at: number): void;
  expired(): void;
}

/** When the credentials of a connection expire, and what is due before. */
export class Expiry implements Sleeper {
  /** In milliseconds since 1970; null where nothing expires. */
  at: number | null = null;
  private due: number | undefined;
  private hasWarned = false;

  /** @param warning how long before, in milliseconds, `expiring` is called; false for never */
  constructor(
    private readonly owner: Expiring,
    private readonly warning: number | false,
  ) {}

  /** Counts from now on, whatever was set before. A time that is over is told at once. */
  set(at: number | null): void {
    this.stop();
    this.at = at;
    this.hasWarned = this.warning === false;
    if (at === null) return;
    if (at <= Date.now()) this.owner.expired();
    else this.sleep(this.warning === false ? at : at - this.warning);
  }

  stop(): void {
    if (this.due !== undefined) alarms.remove(this, this.due);
    this.due = undefined;
  }

  wake(): void {
    const at = this.at!;
    if (at <= Date.now()) {
      this.due = undefined;
      this.owner.expired();
    } else {
      this.sleep(at);
      if (this.hasWarned) return;
      this.hasWarned = true;
      this.owner.expiring(at);
    }
  }

  private sleep(until: number): void {
    this.due = alarms.add(this, until);
  }
}

/** A year before which no credentials can have expired: as a number, such a time is one in seconds. */
const leastMilliseconds = Date.UTC(1980, 0);

/**
 * Reads what `expiresAt` may be set to.
 *
 * @returns milliseconds since 1970, or null
 * @throws InvalidOptionError for what is no time, and for seconds
 */
export function readExpiry(value: unknown): number | null {
  if (value === null) return null;
  const time = value instanceof Date ? value.getTime() : value;
  if (typeof time !== 'number' || !Number.isFinite(time)) {
    const given = value instanceof Date ? 'a Date that is none' : describe(value);
    throw new InvalidOptionError(`expiresAt must be a Date, milliseconds since 1970, or null, not ${given}`);
  }
  if (typeof value === 'number' && time < leastMilliseconds) {
    throw new InvalidOptionError(
      `expiresAt must be in milliseconds since 1970, and ${value} seems to be in seconds, as the claim 'exp' of a JWT is: ` +
        'multiply it by 1000',
    );
  }
  return time;
}
