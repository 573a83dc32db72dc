/**
 * What the program ends with, for scripts. Stable: a number keeps its meaning.
 */
export const ExitCode = {
  /** It did what was asked for. */
  Ok: 0,
  /** Something unexpected: a file that cannot be read to its end, or a mistake of this program. */
  Failed: 1,
  /** The command line cannot be: an unknown option, a wrong value, no such file. Nothing was done. */
  Usage: 2,
  /** There is no connection: nobody listens, the server refuses, the certificate is not trusted. `serve`: it cannot listen. */
  NotConnected: 3,
  /** What `--expect` or `--count` wait for did not come, or not before `--timeout`; nor did the answer to a join. */
  Unmet: 4,
  /** The connection was lost, or closed with another code than 1000, 1001 or 1005. */
  ConnectionLost: 5,
  /** SIGINT (Ctrl-C) or SIGTERM came before it was done. */
  Interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The same for people, below `--help`. */
export const exitCodeHelp = `Exit codes:
  0    done
  1    an unexpected failure
  2    wrong usage
  3    no connection: refused, not trusted, nobody there (serve: it cannot listen)
  4    --expect or --count not met, or not before --timeout
  5    the connection was lost, or closed with an error code
  130  interrupted (Ctrl-C, or SIGTERM) before it was done`;
