import { type SessionData, Store } from 'express-session';

/**
 * Sessions that are their signed cookie and nothing else, because this site keeps nothing in them: whoever shows a cookie that
 * we have signed has that session, on every node of the site that has the same secret, and after a restart with it.
 */
export class CookieSessions extends Store {
  override get(_id: string, callback: (error: unknown, session: SessionData) => void): void {
    callback(null, { cookie: { originalMaxAge: null } } as SessionData);
  }

  override set(_id: string, _session: SessionData, callback?: () => void): void {
    callback?.();
  }

  override destroy(_id: string, callback?: () => void): void {
    callback?.();
  }
}
