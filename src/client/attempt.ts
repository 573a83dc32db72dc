import type { Socket } from 'node:net';

/**
 * What one call of `connect()` has opened on its way, and what may end it early. Whatever is waited for is given up when
 * the signal comes; `abandon()` leaves nothing open.
 */
export class Attempt {
  private readonly sockets: Socket[] = [];

  constructor(readonly signal: AbortSignal) {}

  /** Takes a socket into care: it is destroyed with the attempt, and what it says after that ends no process. */
  keep<Kind extends Socket>(socket: Kind): Kind {
    socket.on('error', ignore);
    this.sockets.push(socket);
    return socket;
  }

  /** The attempt has succeeded with this socket; those below it stay in care of nobody, and may fail in silence. */
  release(socket: Socket): void {
    socket.off('error', ignore);
    this.sockets.length = 0;
  }

  abandon(): void {
    for (const socket of this.sockets.splice(0).reverse()) socket.destroy();
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

function hangUp(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
