/** What somebody waits for may have come about: whoever waits looks again. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  /** To be called whenever something has changed. */
  notify(): void {
    for (const look of [...this.#waiting]) look();
  }

  /**
   * Resolves when `isSo` returns true.
   *
   * @param late what the error says when it is not so after `patience` milliseconds
   */
  until(isSo: () => boolean, patience: number, late: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!isSo()) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(late()));
      }, patience);
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
