/** Something that takes a while, and says when it is done. */
type Task = (done: () => void) => void;

/** Lets so many tasks run at a time, and the others in their order: a broker that is back must not get everything at once. */
export class Turns {
  #running = 0;
  #waiting: Task[] = [];
  /** Where in `#waiting` the next one is: to shift a hundred thousand of them one by one would move all the others each time. */
  #next = 0;
  #isStarting = false;

  constructor(private readonly limit: number) {}

  /** @param task runs now, or in its turn; it says when it is done, and does not throw */
  readonly take = (task: Task): void => {
    if (this.#running < this.limit) this.#run(task);
    else this.#waiting.push(task);
  };

  #run(task: Task): void {
    let isDone = false;
    this.#running++;
    task(() => {
      if (isDone) return;
      isDone = true;
      this.#running--;
      this.#startNext();
    });
  }

  /** A loop and no recursion: thousands may be done as soon as they run. */
  #startNext(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    try {
      while (this.#running < this.limit && this.#next < this.#waiting.length) this.#run(this.#shift());
    } finally {
      this.#isStarting = false;
    }
  }

  #shift(): Task {
    const task = this.#waiting[this.#next]!;
    this.#next++;
    if (this.#next > 64 + this.#waiting.length / 2 || this.#next === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return task;
  }
}
