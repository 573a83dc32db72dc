import { HandshakeError } from '../../protocol/errors';

/** How often each of several things happened. */
export type Counts = Record<string, number>;

export function count(counts: Counts, kind: string | number): void {
  counts[kind] = (counts[kind] ?? 0) + 1;
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}

/** What went wrong, in a word: `ECONNRESET`, `HTTP_401`, `HANDSHAKE_TIMEOUT`, … */
export function kindOf(error: unknown): string {
  if (error instanceof HandshakeError && error.response !== undefined && error.status !== 101) {
    return `HTTP_${error.status}`;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : ((error as Error | null)?.name ?? 'UNKNOWN');
}
