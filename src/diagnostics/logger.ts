import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';

const levels = ['debug', 'info', 'warn', 'error'] as const;

type Level = (typeof levels)[number];

/**
 * What writes a log: `console`, pino, or whatever has these four methods. Of pino and bunyan they are called with the details
 * first, `({ err, code }, 'sentence')`, which is how these tell errors apart; of everything else with the sentence first,
 * `('sentence', { err, code })`. Which of both it is, is seen by what only pino (`bindings()`) and bunyan (`fields`) have.
 */
export interface Logger {
  debug(...details: never[]): unknown;
  info(...details: never[]): unknown;
  warn(...details: never[]): unknown;
  error(...details: never[]): unknown;
}

/** Milliseconds in which what a peer can bring about again and again is written once. */
const pause = 1000;

/** @throws InvalidOptionError for what is no logger */
export function checkLogger(logger: unknown): Logger | false | undefined {
  if (logger === undefined || logger === false) return logger;
  const given = logger as Record<Level, unknown> | null;
  const missing = levels.filter((level) => typeof given?.[level] !== 'function');
  if (missing.length === 0) return logger as Logger;
  const what = typeof logger === 'object' && logger !== null ? `one without ${missing.join(', ')}` : describe(logger);
  throw new InvalidOptionError(
    `Option 'logger' must be console, or a logger with debug, info, warn and error, as pino is, or false for none; not ${what}`,
  );
}

/** Writes what happens, in sentences, to a logger; whatever that does, the connections go on. */
export class Log {
  readonly #logger: Logger | undefined;
  readonly #detailsFirst: boolean;
  /** What is not written each time: when it was written last, and how often it has happened since. */
  readonly #held = new Map<string, { at: number; count: number }>();
  #hasWarned = false;

  /** @param given undefined where nobody has said: then errors of handlers are written to the console, and nothing else */
  constructor(private readonly given: Logger | false | undefined) {
    this.#logger = given || undefined;
    this.#detailsFirst = this.#logger !== undefined && takesDetailsFirst(this.#logger);
  }

  /** What the application did wrong, and nobody listens for. */
  mistake(error: unknown): void {
    if (this.given === undefined) console.error(error);
    else this.#write('error', 'A handler or a listener failed', () => ({ err: error }));
  }

  debug(sentence: string, details: () => object): void {
    this.#write('debug', sentence, details);
  }

  info(sentence: string, details: () => object): void {
    this.#write('info', sentence, details);
  }

  /** A limit was reached; at most one line a second for each code. */
  limit(code: string): void {
    this.#now('A limit was reached', code, { code });
  }

  /** The same for each policy; of several rooms, the first one in that second is named. */
  slowConsumer(policy: string, where: { room?: string }): void {
    this.#now('A peer is a slow consumer', `slow ${policy}`, { policy, ...where });
  }

  /** The adapter of a hub does not answer. */
  degraded(err: Error | undefined): void {
    this.#now('The adapter is degraded', 'degraded', { err });
  }

  #now(sentence: string, key: string, details: object): void {
    if (this.#logger === undefined) return;
    const now = performance.now();
    const held = this.#held.get(key) ?? { at: Number.NEGATIVE_INFINITY, count: 0 };
    this.#held.set(key, held);
    held.count++;
    if (now - held.at < pause) return;
    const { count } = held;
    held.at = now;
    held.count = 0;
    this.#write('warn', sentence, () => ({ ...details, count }));
  }

  #write(level: Level, sentence: string, details: () => object): void {
    const logger = this.#logger;
    if (logger === undefined) return;
    try {
      const write = logger[level] as (...parameters: unknown[]) => unknown;
      const result = this.#detailsFirst
        ? write.call(logger, details(), sentence)
        : write.call(logger, sentence, details());
      if (result instanceof Promise) result.catch((error) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** It is said once: a logger that fails, fails every time. */
  #failed(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const why = error instanceof Error ? error.message : describe(error);
    process.emitWarning(`The logger failed, and what it was given is lost: ${why}`, { code: 'LOGGER_FAILED' });
  }
}

function takesDetailsFirst(logger: Logger): boolean {
  const { bindings, fields, child } = logger as { bindings?: unknown; fields?: unknown; child?: unknown };
  if (typeof child !== 'function') return false;
  return typeof bindings === 'function' || (typeof fields === 'object' && fields !== null);
}
