import { expect } from 'chai';
import { replace } from './fake-time';

/** The page around a client, which tells when its network goes and comes, and when somebody looks at it. */
export class FakePage {
  visibilityState = 'visible';
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #restore: (() => void)[] = [];

  static use(): FakePage {
    const page = new FakePage();
    beforeEach(() => {
      for (const name of ['addEventListener', 'removeEventListener'] as const) {
        page.#restore.push(replace(globalThis, name, page[name]));
      }
      page.#restore.push(replace(globalThis, 'document', page));
    });
    afterEach(() => {
      for (const restore of page.#restore.splice(0)) restore();
      page.visibilityState = 'visible';
      expect(page.listeners, 'listeners that the page still has').to.equal(0);
    });
    return page;
  }

  /** How many listeners there are. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  readonly addEventListener = (type: string, listener: () => void): void => {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
  };

  readonly removeEventListener = (type: string, listener: () => void): void => {
    this.#listeners.get(type)?.delete(listener);
  };

  fire(type: 'online' | 'offline' | 'visibilitychange'): void {
    for (const listener of this.#listeners.get(type) ?? []) listener();
  }
}
