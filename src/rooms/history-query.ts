import { InvalidOptionError } from '../protocol/errors';
import { checkInteger, describe, refuseUnknownOptions } from '../protocol/options';
import type { LogQuery, Position } from './adapter';

/** Which part of a room's history: the latest, those before a position, or what came behind one. */
export interface HistoryQuery {
  /** At most so many. @default 50 */
  limit?: number;
  /** Only those before this position. */
  before?: Position;
  /** Everything behind this position; with neither `before` nor `limit`. */
  since?: Position;
}

/** @throws InvalidOptionError for a query that cannot be */
export function resolveHistoryQuery(query: HistoryQuery): LogQuery {
  refuseUnknownOptions('history()', query, ['limit', 'before', 'since']);
  const { limit, before, since } = query;
  if (limit !== undefined) checkInteger('limit', limit, { min: 1 });
  checkPosition('before', before);
  checkPosition('since', since);
  if (since === undefined) return { limit: limit ?? 50, ...(before !== undefined && { before }) };
  if (before === undefined && limit === undefined) return { since };
  throw new InvalidOptionError(
    "Option 'since' asks for everything behind a position: it has neither 'before' nor 'limit'",
  );
}

function checkPosition(name: string, position: unknown): void {
  if (position === undefined) return;
  const { epoch, offset } = (position ?? {}) as Partial<Position>;
  if (typeof epoch === 'string' && Number.isSafeInteger(offset)) return;
  throw new InvalidOptionError(`Option '${name}' must be a position, { epoch, offset }, not ${describe(position)}`);
}
