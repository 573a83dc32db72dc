import type { AdapterError } from '../protocol/errors';
import { reportMistake } from './steps';

/** An error of the same kind is written to the console again after this time, in milliseconds. */
const quiet = 60_000;

/** Where errors go that nobody has asked about: to the listeners, or else to the console, which an outage must not fill. */
export class HubErrors {
  readonly listeners = new Set<(error: AdapterError) => void>();
  readonly #written = new Map<string, number>();

  report(error: AdapterError): void {
    if (this.listeners.size === 0) this.#write(error);
    for (const listener of this.listeners) void tellOne(listener, error);
  }

  #write(error: AdapterError): void {
    const now = performance.now();
    if (now - (this.#written.get(error.code) ?? Number.NEGATIVE_INFINITY) < quiet) return;
    this.#written.set(error.code, now);
    console.error(error);
  }
}

async function tellOne(listener: (error: AdapterError) => void, error: AdapterError): Promise<void> {
  try {
    await listener(error);
  } catch (thrown) {
    // Nobody is left to be told: this must not end the process.
    reportMistake(thrown);
  }
}
