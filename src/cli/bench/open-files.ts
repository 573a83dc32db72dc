import { ExitCode } from '../exit-codes';
import { Failure, usageFailure } from '../failure';

/** Files of Node itself, standard streams, a few to spare. */
const own = 40;

/** What a process may have open on any system that is not set up oddly. */
const harmless = 200;

/** The limit of open files of this process, or undefined where there is none, or none is known. */
function limitOfOpenFiles(): number | undefined {
  const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: unknown } } } | undefined;
  const soft = Number(report?.userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : undefined;
}

/**
 * Refuses more connections than files can be open, before any is.
 *
 * @throws Failure
 */
export function checkOpenFiles(connections: number, limit?: number): void {
  if (connections <= harmless) return;
  const most = limit ?? limitOfOpenFiles();
  if (most === undefined || connections + own <= most) return;
  throw usageFailure(
    `${connections} connections are more than this process may have open: its limit of open files is ${most}. ` +
      `Raise it (ulimit -n ${connections + own}), or ask for no more than --connections ${Math.max(1, most - own)}.`,
  );
}

/** Why a connection could not be opened on this side, where others after it will fail the same way; otherwise undefined. */
export function ownLimit(error: unknown, open: number): Failure | undefined {
  const { code } = error as { code?: unknown };
  if (code === 'EMFILE' || code === 'ENFILE') {
    const whose = code === 'EMFILE' ? 'this process (see ulimit -n)' : 'this system';
    return new Failure(
      `After ${open} connections the limit of open files of ${whose} is reached: raise it, or ask for fewer --connections.`,
      ExitCode.Failed,
    );
  }
  if (code === 'EADDRNOTAVAIL') {
    return new Failure(
      `After ${open} connections this machine has no port left to connect from: ask for fewer --connections, or wait a minute where others were closed just now.`,
      ExitCode.Failed,
    );
  }
  return undefined;
}
