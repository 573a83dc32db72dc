import type { IncomingMessage } from 'node:http';
import { Admission } from '../server/admission';
import { resolveAdmission } from '../server/admission-options';
import type { PendingUpgrade } from '../server/pending-upgrade';

/** How many may wait for their answer, and how many be open. */
const size = 4;

/**
 * A few seats of a board that its limits say nothing of, for those who look at its dashboard: a full board is one that somebody
 * has to look at.
 *
 * When a request comes only its path is known, which anybody can ask for. So that gets no further than to the middleware, a few
 * at a time; a seat is taken by what the dashboard's own handler accepts, and whatever else such a request comes to wants a seat
 * among all others.
 */
export class Reserve {
  private readonly admission = new Admission(resolveAdmission({ maxConnections: size, maxPendingHandshakes: size }));

  /** @param path how the path ends that they ask for */
  constructor(private readonly path: string) {}

  /** True for what asks for that path. */
  isFor({ url = '' }: IncomingMessage): boolean {
    return url.split('?', 1)[0]!.endsWith(this.path);
  }

  /** Counts an upgrade request here from now on, and no more where it was. @returns false where there is no room for it */
  enter(pending: PendingUpgrade): boolean {
    if (pending.isOver) return true;
    pending.seat?.release();
    pending.seat = undefined;
    try {
      pending.seat = this.admission.enter(() => undefined);
      return true;
    } catch {
      return false;
    }
  }
}
