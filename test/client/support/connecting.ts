import { expect } from 'chai';
import type { ClientConnection } from '../../../src/client/client-connection';
import { connect } from '../../../src/client/connect';
import type { ConnectOptions } from '../../../src/client/options';
import { HandshakeError } from '../../../src/protocol/errors';
import { RawServer, type Script } from './raw-server';
import { rejectionOf } from './rejection-of';

const countTimers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** What tests of `connect()` have in common; whatever they open is closed behind each. To be called inside of `describe`. */
export function connecting() {
  const closers: Array<() => unknown> = [];
  let timersBefore: number;

  beforeEach(async () => {
    // The runner's own timer runs from the first wait on, as it does in the tests.
    await new Promise((resolve) => setImmediate(resolve));
    timersBefore = countTimers();
  });

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function raw(script: Script): Promise<RawServer> {
    const server = await RawServer.listen(script);
    closers.push(() => server.close());
    return server;
  }

  async function open(url: string | URL, options?: ConnectOptions): Promise<ClientConnection> {
    const connection = await connect(url, { pingInterval: false, ...options });
    closers.push(() => connection.terminate());
    return connection;
  }

  function leavesNoTimer(): void {
    expect(countTimers()).to.equal(timersBefore);
  }

  /** The error of a handshake with a server that answers so; nothing is left of it. */
  async function refused(script: Script | string, options?: ConnectOptions): Promise<HandshakeError> {
    const server = await raw(typeof script === 'string' ? (socket) => socket.write(script, 'latin1') : script);
    const error = await rejectionOf(HandshakeError, connect(server.url, options));
    await server.allClosed();
    leavesNoTimer();
    return error;
  }

  return { closers, raw, open, refused, leavesNoTimer };
}
