/** Knows which tickets have been used. */
export interface TicketStore {
  /**
   * Takes a ticket for used, as one step: of all calls with the same id, on whatever node, only the first may get true.
   *
   * ```ts
   * const store = {
   *   claim: async (id, ttl) => (await redis.set(`ticket:${id}`, '1', { NX: true, PX: ttl })) === 'OK',
   * };
   * ```
   *
   * @param ttl milliseconds for which it must be remembered
   * @returns whether it was not used before. A rejection refuses the ticket
   */
  claim(id: string, ttl: number): boolean | Promise<boolean>;
}

/** Remembers used tickets in this process. Only those with a good signature come here, so that it holds no more than were issued. */
export function memoryTicketStore(): TicketStore {
  /** In the order of use; until when each is remembered, in milliseconds since 1970. */
  const used = new Map<string, number>();
  return {
    claim(id, ttl) {
      const now = Date.now();
      for (const [old, until] of used) {
        if (until > now) break;
        used.delete(old);
      }
      if (used.has(id)) return false;
      used.set(id, now + ttl);
      return true;
    },
  };
}
