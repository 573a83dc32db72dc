/** How the process ends: with its exit code, nothing of the output missing, and no complaint about a pipe that nobody reads. */
import { ExitCode } from './exit-codes';

/** `| head -1` has read enough: that is no failure. */
export function endQuietlyWithPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.Ok);
    throw error;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Ends the process with `process.exitCode`, when what was printed is written; whatever else is open must not keep it. */
export async function exit(): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
  process.exit();
}
