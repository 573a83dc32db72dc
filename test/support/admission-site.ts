import { once } from 'node:events';
import http2, { type ClientHttp2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { Express } from 'express';
import type { ClientConnection } from '../../src/client/client-connection';
import { connect } from '../../src/client/connect';
import type { ConnectOptions } from '../../src/client/options';
import { type Switchboard, type SwitchboardOptions, switchboard } from '../../src/express/switchboard';
import { HandshakeError } from '../../src/protocol/errors';
import { expressVersions } from './express-apps';

type HttpVersion = 'HTTP/1.1' | 'HTTP/2';

/** Describes the same behaviour for each Express over either version of HTTP. */
export function describeAdmission(title: string, define: (site: AdmissionSite) => void): void {
  for (const [version, express] of expressVersions) {
    for (const http of ['HTTP/1.1', 'HTTP/2'] as const) {
      describe(`${title} (${version}, ${http})`, () => {
        const site = new AdmissionSite(express, http);
        afterEach(() => site.close());
        define(site);
      });
    }
  }
}

/** An app of one test, and clients of ours that come from various addresses. */
export class AdmissionSite {
  app!: Express;
  board!: Switchboard;
  private server: Server | undefined;
  private readonly clients: ClientConnection[] = [];
  private readonly sessions = new Map<string, ClientHttp2Session>();

  constructor(
    private readonly express: typeof import('express'),
    private readonly http: HttpVersion,
  ) {}

  /** An app that is not listened to yet. It shows no stacks and writes no log. */
  make(options: SwitchboardOptions): Express {
    const { app, board } = this.another(options);
    this.app = app;
    this.board = board;
    return app;
  }

  /** An app beside the one that is listened to, with a board of its own. */
  another(options: SwitchboardOptions): { app: Express; board: Switchboard } {
    const app = this.express();
    app.set('env', 'test');
    return { app, board: switchboard(app, { pingInterval: false, logger: false, ...options }) };
  }

  async listen(): Promise<void> {
    if (this.http === 'HTTP/1.1') {
      this.server = this.app.listen(0, '127.0.0.1');
    } else {
      const server = http2.createServer(this.app as unknown as Parameters<typeof http2.createServer>[1]);
      this.board.attach(server);
      this.server = server.listen(0, '127.0.0.1');
    }
    if (!this.server.listening) await once(this.server, 'listening');
  }

  async open(path = '/', options: ConnectOptions = {}, localAddress = '127.0.0.1'): Promise<ClientConnection> {
    const { port } = this.server!.address() as AddressInfo;
    const way = this.http === 'HTTP/1.1' ? { localAddress } : { http2: this.session(port, localAddress) };
    const client = await connect(`ws://127.0.0.1:${port}${path}`, { pingInterval: false, ...way, ...options });
    this.clients.push(client);
    return client;
  }

  /** Opens a WebSocket that is meant to be refused. */
  async refused(path = '/', options: ConnectOptions = {}, localAddress?: string): Promise<HandshakeError> {
    const answer: unknown = await this.open(path, options, localAddress).catch((error: unknown) => error);
    if (answer instanceof HandshakeError) return answer;
    throw answer instanceof Error ? answer : new Error(`${path} was accepted`);
  }

  /** Waits until no handshake waits for its answer, and `count` connections are open. */
  async until(count: number): Promise<void> {
    while (this.board.admission.pending > 0 || this.board.connections.size !== count) {
      await new Promise(setImmediate);
    }
  }

  async close(): Promise<void> {
    for (const client of this.clients.splice(0)) client.terminate();
    for (const session of this.sessions.values()) session.destroy();
    this.sessions.clear();
    await this.board.close({ timeout: 100 });
    const { server } = this;
    if (server?.listening) await new Promise((resolve) => server.close(resolve));
  }

  private session(port: number, localAddress: string): ClientHttp2Session {
    let session = this.sessions.get(localAddress);
    if (session === undefined) {
      // `localAddress` goes on to net.connect(), which the types do not say.
      session = http2.connect(`http://127.0.0.1:${port}`, { localAddress } as http2.ClientSessionOptions);
      session.on('error', () => {});
      this.sessions.set(localAddress, session);
    }
    return session;
  }
}
