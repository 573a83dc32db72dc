import { once } from 'node:events';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HandshakeError } from '../../src/protocol/errors';
import { acceptUpgrade } from '../../src/server/accept-upgrade';
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from '../../src/server/options';
import { type ReceiveUpgradesInit, receiveUpgrades, type UpgradeReceiver } from '../../src/server/receive-upgrades';
import { refuseUpgrade } from '../../src/server/refuse-upgrade';
import { RawClient } from './raw-client';

/** Servers and clients of one test, all closed by `close()`. */
export class TestServers {
  private readonly servers: Server[] = [];
  private readonly clients: RawClient[] = [];

  /** A listening server whose upgrades are received; by default they are accepted and echoed. */
  async server(
    init: Partial<ReceiveUpgradesInit> & { options?: ServerOptions } = {},
    server: Server = http.createServer((_request, response) => {
      response.end('ordinary');
    }),
  ): Promise<{ port: number; server: Server; receiver: UpgradeReceiver }> {
    const { options, ...rest } = init;
    const resolved = resolveServerOptions('test', options);
    const receiver = receiveUpgrades(server, {
      handshakeTimeout: 5_000,
      dispatch: (request, response) => void echo(request, response, resolved),
      ...rest,
    });
    return { port: await this.listen(server), server, receiver };
  }

  async listen(server: Server): Promise<number> {
    this.servers.push(server);
    server.listen(0);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async client(port: number): Promise<RawClient> {
    const client = await RawClient.connect(port);
    this.clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.socket.destroy();
    for (const server of this.servers) {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
  }
}

/** Accepts and echoes, or refuses with what `acceptUpgrade` says. */
export async function echo(
  request: IncomingMessage,
  response: ServerResponse,
  options: ResolvedServerOptions,
): Promise<void> {
  try {
    const connection = await acceptUpgrade(request, response, options);
    connection.on('message', (data) => {
      connection.send(data);
    });
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    refuseUpgrade(response, error);
  }
}
