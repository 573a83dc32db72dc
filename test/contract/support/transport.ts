import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import type { ClientConnection } from '../../../src/client/client-connection';
import type { ConnectOptions } from '../../../src/client/options';
import type { Switchboard } from '../../../src/express/switchboard';

/** Headers of an opening handshake that go beside those of a good one, or in their place; `null` leaves one out. */
export type OpeningHeaders = Readonly<Record<string, string | null>>;

/** How a server answered an opening handshake. */
export interface Opening {
  status: number;
  headers: IncomingHttpHeaders;
  /** The body of a refusal. */
  body: string;
  /** What carries the WebSocket's bytes; null for a refusal. */
  transport: Duplex | null;
}

/** A server with an app, and clients that reach it by one kind of transport. */
export interface Endpoint {
  /** Opens a WebSocket of ours. @throws HandshakeError with the refusal */
  open(path: string, options: ConnectOptions): Promise<ClientConnection>;
  /** An opening handshake by Node's own client; behind it the test writes whatever bytes it likes. */
  request(path: string, headers?: OpeningHeaders): Promise<Opening>;
  /** What a page of this server would send as `Origin`. */
  readonly origin: string;
  /** Ends server and clients. */
  close(): Promise<void>;
}

/** A row of the table that multiplies the contract tests. */
export interface Transport {
  readonly name: string;
  /** The code of `closed.cause` where the peer cut the transport. Undefined: the end of it is all that is known. */
  readonly whenCut: string | undefined;
  /** The code of `closed.cause` where the peer ended its half in order, but without a close frame. */
  readonly whenEnded: string | undefined;
  serve(app: Express, board: Switchboard): Promise<Endpoint>;
}
