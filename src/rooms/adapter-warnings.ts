import type { AdapterError } from '../protocol/errors';

/** At most one warning in so many milliseconds of what others publish. */
const warningPause = 60_000;

/** Whoever publishes nonsense at a broker must not stop anybody, and somebody should know: the process is warned, now and then. */
export class AdapterWarnings {
  #warnedAt = Number.NEGATIVE_INFINITY;

  warn({ message, code }: AdapterError): void {
    const now = performance.now();
    if (now - this.#warnedAt < warningPause) return;
    this.#warnedAt = now;
    process.emitWarning(message, { type: 'AdapterWarning', code });
  }
}
