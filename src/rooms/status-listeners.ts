import { InvalidOptionError } from '../protocol/errors';
import { checkFunction, describe } from '../protocol/options';
import type { AdapterProblem, AdapterStatus } from './adapter';
import { reportMistake } from './steps';

export type StatusListener = (status: AdapterStatus, problem: AdapterProblem | undefined) => void;

/** Who hears the status of an adapter. What a listener throws, or rejects with, disturbs neither the adapter nor the others. */
export class StatusListeners {
  readonly #listeners = new Set<StatusListener>();

  /** @throws InvalidOptionError for another event, or a listener that is no function */
  on(event: 'status', listener: StatusListener): void {
    checkEvent(event);
    checkFunction('listener', listener);
    this.#listeners.add(listener);
  }

  /** @throws InvalidOptionError for another event */
  off(event: 'status', listener: StatusListener): void {
    checkEvent(event);
    this.#listeners.delete(listener);
  }

  tell(status: AdapterStatus, problem: AdapterProblem | undefined): void {
    for (const listener of [...this.#listeners]) void tellOne(listener, status, problem);
  }
}

async function tellOne(listener: StatusListener, ...news: Parameters<StatusListener>): Promise<void> {
  try {
    await listener(...news);
  } catch (error) {
    reportMistake(error);
  }
}

function checkEvent(event: unknown): void {
  if (event !== 'status') throw new InvalidOptionError(`An adapter has the event 'status', not ${describe(event)}`);
}
