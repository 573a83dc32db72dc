/** Who is to be woken. */
export interface Sleeper {
  wake(): void;
}

/** How exact alarms are, in milliseconds. */
const grain = 500;

/**
 * Wakes sleepers at times of the wall clock, all of them from one timer: never before their time, and within a second
 * behind it, however far away it is, and also when the clock is set, or the computer has slept.
 */
class Alarms {
  /** By the moment, in grains, from which on they are due. */
  private readonly sleepers = new Map<number, Set<Sleeper>>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param time in milliseconds since 1970
   * @returns what `remove` needs to know
   */
  add(sleeper: Sleeper, time: number): number {
    // Always behind the present moment, so that a sleeper that sleeps again when it is woken is not woken in the same round.
    const due = Math.floor(Math.max(time, Date.now()) / grain) + 1;
    const together = this.sleepers.get(due);
    if (together === undefined) this.sleepers.set(due, new Set([sleeper]));
    else together.add(sleeper);
    if (this.timer === undefined) {
      this.timer = setInterval(() => this.look(), grain);
      // A program must be able to end with nothing left but alarms.
      this.timer.unref();
    }
    return due;
  }

  remove(sleeper: Sleeper, due: number): void {
    const together = this.sleepers.get(due);
    if (together?.delete(sleeper) && together.size === 0) this.sleepers.delete(due);
    this.rest();
  }

  /** There are no more different moments than twice the seconds that the longest sleep has, however many sleep. */
  private look(): void {
    const now = Date.now() / grain;
    for (const [due, together] of this.sleepers) {
      if (due > now) continue;
      for (const sleeper of together) {
        together.delete(sleeper);
        sleeper.wake();
      }
      this.sleepers.delete(due);
    }
    this.rest();
  }

  private rest(): void {
    if (this.sleepers.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** Those of the whole process. */
export const alarms = new Alarms();
