import { ExitCode } from './exit-codes';
import { Failure } from './failure';
import type { GoalFlags } from './goal-options';

/** What a command waits for: so many messages, or one that is as expected. With both, one of so many has to be. */
export class Goal {
  private received = 0;
  private matched = false;

  constructor(private readonly flags: GoalFlags) {}

  /** Whether there is anything to wait for. */
  get isSet(): boolean {
    return this.flags.expect !== undefined || this.flags.count !== undefined;
  }

  /** No further message would change anything. */
  get isOver(): boolean {
    const { count } = this.flags;
    return count === undefined ? this.matched : this.received >= count;
  }

  /** Also where there was nothing to wait for. */
  get isMet(): boolean {
    const { expect, count = 0 } = this.flags;
    return this.received >= count && (this.matched || expect === undefined);
  }

  /** Counts a message. Binary ones are read as UTF-8. */
  take(message: string | Uint8Array): void {
    this.received++;
    const { expect } = this.flags;
    if (expect === undefined) return;
    const text = typeof message === 'string' ? message : Buffer.from(message).toString();
    if (typeof expect === 'string') this.matched ||= text === expect;
    // Its flags may have it remember where it was.
    else this.matched ||= text.search(expect) !== -1;
  }

  /** @param when what ended the waiting, as a clause */
  failure(when: string, exitCode: ExitCode = ExitCode.Unmet): Failure {
    const { expect, count } = this.flags;
    const came = `${this.received} ${this.received === 1 ? 'message' : 'messages'} came`;
    const missing =
      expect === undefined
        ? `${count} were waited for`
        : `none was ${expect instanceof RegExp ? 'like ' : ''}${shown(expect)}`;
    return new Failure(`${when}: ${came}, and ${missing}.`, exitCode);
  }
}

function shown(expect: string | RegExp): string {
  return typeof expect === 'string' ? JSON.stringify(expect) : String(expect);
}
