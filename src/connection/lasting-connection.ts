import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import { Expiry, readExpiry } from './expiry';
import { handled } from './handled';
import { ReadyState } from './ready-state';
import { ReceivingConnection } from './receiving-connection';

/** A connection whose credentials have expired is closed with this, in the range of applications, after HTTP's 401. */
const credentialsExpired = { code: 4401, reason: 'credentials expired' } as const;

/** How long a connection lasts: until its credentials expire, or a server that goes away finds that nothing is under way. */
export abstract class LastingConnection extends ReceivingConnection {
  private expiry: Expiry | null = null;
  /** How much is under way that `busy()` was told of. */
  private underWay = 0;
  /** What it is closed with when nothing is under way any more. */
  private farewell: { readonly code: number; readonly reason: string } | null = null;

  abstract close(code?: number, reason?: string | Buffer): void;

  /**
   * When the credentials behind the connection expire, in milliseconds since 1970; null, the default, for never. May be set to
   * a Date or to milliseconds, at any time. At that time, or within a second, the connection is closed with 4401
   * `credentials expired`; `'expiring'` is emitted the option `expiryWarning` (30 s) before. Setting a later time renews them, and
   * a time that is over closes at once. Clients of `switchboard/client` do not come back after 4401, unless their URL is given by a
   * function, which can fetch a new ticket.
   *
   * ```ts
   * app.ws('/feed', async (socket, req) => {
   *   socket.expiresAt = req.token.exp * 1000;
   *   socket.on('expiring', () => socket.send('{"type":"renew"}'));
   *   for await (const message of socket.messages()) {
   *     const { type, token } = JSON.parse(message);
   *     if (type === 'token') socket.expiresAt = (await verify(token)).exp * 1000;
   *   }
   * });
   * ```
   *
   * @throws InvalidOptionError for what is no time, as NaN or undefined, and for seconds, as the claim `exp` of a JWT has
   */
  get expiresAt(): number | null {
    return this.expiry?.at ?? null;
  }
  set expiresAt(time: Date | number | null) {
    const at = readExpiry(time);
    if (this.state === ReadyState.Closed || (at === null && this.expiry === null)) return;
    if (this.expiry === null) {
      const expiry = new Expiry(this, this.options.expiryWarning);
      this.expiry = expiry;
      this.whenClosed(() => expiry.stop());
    }
    this.expiry.set(at);
  }

  /** @internal */
  expiring(at: number): void {
    if (this.state === ReadyState.Open) this.emitSafely('expiring', at);
  }

  /** @internal */
  expired(): void {
    this.close(credentialsExpired.code, credentialsExpired.reason);
  }

  /**
   * Says that something is under way for this connection which a server that goes away should let finish: `board.close()`,
   * `ChatServer.stop()` and `server.close()` send their close frame when all of it has settled, or at their `timeout`. That a
   * handler runs does not count, as one that loops over `messages()` runs until the connection closes. Nothing else waits:
   * `close()` closes at once.
   *
   * ```ts
   * socket.on('message', async (order) => {
   *   await socket.busy(save(order));
   *   socket.send('saved');
   * });
   * ```
   *
   * @returns a promise that settles as the given one does; what it rejects with is for whoever awaits it, and for nobody else
   * @throws InvalidOptionError for what is no promise
   */
  busy<Result>(work: PromiseLike<Result>): Promise<Result> {
    if (typeof work?.then !== 'function') {
      throw new InvalidOptionError(`busy() needs the promise of what is under way, not ${describe(work)}`);
    }
    this.underWay++;
    return handled(Promise.resolve(work).finally(() => this.workDone()));
  }

  private workDone(): void {
    this.underWay--;
    // Whoever awaits the same promise has its turn first, and may have the last word.
    if (this.underWay === 0 && this.farewell !== null) setImmediate(() => this.sayFarewell());
  }

  /** Closes as soon as nothing is under way. @internal */
  closeWhenIdle(code: number, reason: string): void {
    this.farewell = { code, reason };
    this.sayFarewell();
  }

  private sayFarewell(): void {
    if (this.underWay === 0) this.close(this.farewell!.code, this.farewell!.reason);
  }
}
