import { expect } from 'chai';
import express, { type RequestHandler } from 'express';
import type { ClientConnection } from '../../../src/client/client-connection';
import type { ConnectOptions } from '../../../src/client/options';
import type { WebSocketConnection } from '../../../src/connection/websocket-connection';
import { type Switchboard, type SwitchboardOptions, switchboard } from '../../../src/express/switchboard';
import type { RouteOptions } from '../../../src/express/types';
import { HandshakeError } from '../../../src/protocol/errors';
import { RawPeer } from '../../support/raw-peer';
import type { Endpoint, Opening, OpeningHeaders, Transport } from './transport';
import { transports } from './transports';

/** A connection of ours at each end. */
export interface Ends {
  server: WebSocketConnection;
  client: ClientConnection;
}

interface Given {
  /** Options of the route. No heartbeat unless they ask for one. */
  server?: RouteOptions;
  /** Options of `connect()`. No heartbeat unless they ask for one. */
  client?: ConnectOptions;
}

/** Runs the cases over every transport. Servers are shared by the cases of one transport; connections are not. */
export function describeContract(subject: string, cases: (contract: Contract) => void): void {
  for (const transport of transports) {
    describe(`${subject} (${transport.name})`, () => cases(Contract.use(transport)));
  }
}

/** An Express app that is served over one transport. Each test gets routes of its own, and connections to them. */
export class Contract {
  board!: Switchboard;
  private app!: express.Express;
  private endpoint!: Endpoint;
  private paths = 0;
  private readonly clients: ClientConnection[] = [];
  private readonly peers: RawPeer[] = [];
  /** What the application threw in a handler or listener: a test takes out what it expects. */
  readonly thrown: unknown[] = [];
  private endTest = () => {};
  private testEnd: Promise<void> = Promise.resolve();

  private constructor(
    readonly transport: Transport,
    private readonly options: SwitchboardOptions,
  ) {}

  /** Serves it for the tests of this `describe`. */
  static use(transport: Transport, options: SwitchboardOptions = {}): Contract {
    const contract = new Contract(transport, options);
    before(() => contract.begin());
    beforeEach(() => {
      contract.testEnd = new Promise((resolve) => {
        contract.endTest = resolve;
      });
    });
    afterEach(() => contract.endOfTest());
    after(() => contract.end());
    return contract;
  }

  /** Registers a route, and returns its path. Its handler goes on until the test has ended, so that messages wait. */
  route(
    options: RouteOptions = {},
    handler: (socket: WebSocketConnection) => unknown = () => {},
    middleware: readonly RequestHandler[] = [],
  ): string {
    const path = `/${++this.paths}`;
    this.app.ws(path, { pingInterval: false, ...options }, middleware, async (socket) => {
      await handler(socket);
      await this.testEnd;
    });
    return path;
  }

  /** Registers who answers a POST, and returns the path. */
  post(handler: RequestHandler): string {
    const path = `/${++this.paths}`;
    this.app.post(path, handler);
    return path;
  }

  get origin(): string {
    return this.endpoint.origin;
  }

  /** A WebSocket to a route. */
  async open(path: string, options: ConnectOptions = {}): Promise<ClientConnection> {
    const client = await this.endpoint.open(path, { pingInterval: false, ...options });
    this.clients.push(client);
    return client;
  }

  /** Both ends of a WebSocket. */
  async pair({ server = {}, client = {} }: Given = {}): Promise<Ends> {
    const { path, accepted } = this.accepting(server);
    const opened = await this.open(path, client);
    return { server: await accepted, client: opened };
  }

  /** The server's end of a WebSocket whose client has no manners. */
  async withRawPeer(server: RouteOptions = {}, headers: OpeningHeaders = {}) {
    const { path, accepted } = this.accepting(server);
    const { transport, status, body } = await this.request(path, headers);
    if (transport === null) throw new Error(`The handshake was refused with ${status}: ${body}`);
    const peer = new RawPeer(transport);
    this.peers.push(peer);
    return { server: await accepted, peer };
  }

  /** A WebSocket to a route that sends back what it gets. */
  async echo({ server = {}, client = {} }: Given = {}): Promise<ClientConnection> {
    const path = this.route(server, (socket) => {
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    return this.open(path, client);
  }

  request(path: string, headers?: OpeningHeaders): Promise<Opening> {
    return this.endpoint.request(path, headers);
  }

  /** The error that an opening handshake of ours ends with. */
  async refusal(path: string, options: ConnectOptions = {}): Promise<HandshakeError> {
    const error: unknown = await this.open(path, options).catch((reason) => reason);
    expect(error).to.be.instanceOf(HandshakeError);
    return error as HandshakeError;
  }

  private accepting(options: RouteOptions) {
    let accept: (socket: WebSocketConnection) => void;
    const accepted = new Promise<WebSocketConnection>((resolve) => {
      accept = resolve;
    });
    return { path: this.route(options, (socket) => accept(socket)), accepted };
  }

  private async begin(): Promise<void> {
    this.app = express();
    this.app.set('env', 'test');
    this.board = switchboard(this.app, this.options);
    this.board.on('error', (error) => this.thrown.push(error));
    this.endpoint = await this.transport.serve(this.app, this.board);
  }

  /** Cuts what is open, and sees to it that nothing of it stays with the board. */
  private async endOfTest(): Promise<void> {
    this.endTest();
    for (const client of this.clients.splice(0)) client.terminate();
    for (const peer of this.peers.splice(0)) peer.transport.destroy();
    await Promise.all(
      Array.from(this.board.connections, (connection) => {
        // Who is paused does not see the end.
        connection.resume();
        return connection.closed;
      }),
    );
    expect(this.board.connections.size).to.equal(0);
    expect(this.board.hub.rooms()).to.deep.equal([]);
    expect(this.thrown.splice(0), 'what handlers and listeners threw').to.deep.equal([]);
  }

  private async end(): Promise<void> {
    await this.endpoint?.close();
  }
}
