import { ExitCode } from './exit-codes';
import { Failure } from './failure';

/** What `signal.reason` is: it has no words, since who pressed Ctrl-C knows. */
export const interrupted = new Failure('', ExitCode.Interrupted);

/**
 * A signal that is aborted by the first SIGINT or SIGTERM, so that a command can end in order; the second ends the process at
 * once.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(ExitCode.Interrupted);
    controller.abort(interrupted);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt);
  return controller.signal;
}
