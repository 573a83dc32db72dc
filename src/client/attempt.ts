import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** A socket; over HTTP/2 also a session, and a stream of it. */
type Resource = EventEmitter & { destroy(): unknown };

/**
 * What one call of `connect()` has opened on its way, and what may end it early. Whatever is waited for is given up when
 * the signal comes; `abandon()` leaves nothing open.
 */
export class Attempt {
  private readonly endings: Array<() => void> = [];

  constructor(readonly signal: AbortSignal) {}

  /**
   * Takes something into care: it is destroyed with the attempt, or whatever else its end is, and what it says after that
   * ends no process.
   */
  keep<Kind extends Resource>(resource: Kind, end: (resource: Kind) => void = destroy): Kind {
    resource.on('error', ignore);
    this.endings.push(() => end(resource));
    return resource;
  }

  /** The attempt has succeeded with this; what lies below it stays in care of nobody, and may fail in silence. */
  release(resource: Resource): void {
    resource.off('error', ignore);
    this.endings.length = 0;
  }

  abandon(): void {
    for (const end of this.endings.splice(0).reverse()) end();
  }

  /** A promise that is rejected with the signal's reason when that comes first. */
  wait<Result>(begin: (resolve: (result: Result) => void, reject: (error: unknown) => void) => void): Promise<Result> {
    const { signal } = this;
    return new Promise<Result>((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      const settled = () => signal.removeEventListener('abort', onAbort);
      begin(
        (result) => {
          settled();
          resolve(result);
        },
        (error) => {
          settled();
          reject(error);
        },
      );
    });
  }

  /** Waits for an event of a socket that has failed when it says so, or closes. */
  async until(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
    let settle = (_error?: Error) => {};
    const onEvent = () => settle();
    const onError = (error: Error) => settle(error);
    const onClose = () => settle(hangUp());
    socket.on(event, onEvent).on('error', onError).on('close', onClose);
    try {
      await this.wait<void>((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error));
      });
    } finally {
      socket.off(event, onEvent).off('error', onError).off('close', onClose);
    }
  }
}

function ignore(): void {}

function destroy(resource: Resource): void {
  resource.destroy();
}

function hangUp(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
