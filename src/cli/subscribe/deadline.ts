import { ExitCode } from '../exit-codes';
import { Failure } from '../failure';
import type { Goal } from '../goal';
import { typedDuration } from '../values';

/** What ends a subscription besides the server: a time, and the user. */
export class Deadline {
  /** Aborted when it is to end. */
  readonly signal: AbortSignal;
  private readonly late: AbortSignal | undefined;

  constructor(
    private readonly interruption: AbortSignal,
    private readonly timeout: number | undefined,
  ) {
    this.late = timeout === undefined ? undefined : AbortSignal.timeout(timeout);
    this.signal = this.late === undefined ? interruption : AbortSignal.any([interruption, this.late]);
  }

  /**
   * Says how it ended, where it was ended by time or user: in order, where nothing was waited for.
   *
   * @param wasOpen whether there ever was a connection
   * @throws Failure
   */
  judge(goal: Goal, wasOpen: boolean): void {
    if (!wasOpen && !this.interruption.aborted) {
      throw new Failure(`There was no connection within ${typedDuration(this.timeout!)}.`, ExitCode.NotConnected);
    }
    if (goal.isMet) return;
    if (this.interruption.aborted) throw this.interruption.reason;
    throw goal.failure(`The ${typedDuration(this.timeout!)} of --timeout are over`);
  }
}
