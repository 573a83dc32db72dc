/** Tells listeners of named events, whose parameters are typed: `{ message: [message: Message] }`. */
export class Emitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<(...parameters: never) => unknown>>();
  readonly #names: readonly (keyof Events & string)[];

  /** @param names of all its events */
  constructor(names: readonly (keyof Events & string)[]) {
    this.#names = names;
  }

  /**
   * Calls the listener with each event of this name from now on; a listener that is there already is called once, too.
   *
   * @returns a function that takes the listener away again
   * @throws TypeError for an event that nobody knows
   */
  on<Name extends keyof Events>(name: Name, listener: (...parameters: Events[Name]) => unknown): () => void {
    if (!(this.#names as readonly unknown[]).includes(name)) {
      throw new TypeError(`Unknown event '${String(name)}'; known: ${this.#names.join(', ')}`);
    }
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => this.off(name, listener);
  }

  /** Takes a listener away. */
  off<Name extends keyof Events>(name: Name, listener: (...parameters: Events[Name]) => unknown): void {
    this.#listeners.get(name)?.delete(listener);
  }

  /** What a listener throws is reported, and ends nothing. */
  protected emit<Name extends keyof Events>(name: Name, ...parameters: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (...parameters: Events[Name]) => unknown)(...parameters);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** Shows an error that nobody is there to catch as the page shows its own; Node has the console for that. */
export function report(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void };
  if (reportError) reportError(error);
  else console.error(error);
}
