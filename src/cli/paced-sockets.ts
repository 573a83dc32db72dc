import type { WebSocketClass, WebSocketLike } from '../browser';
import type { ClientConnection } from '../client/client-connection';
import { connect } from '../client/connect';
import type { ConnectOptions } from '../client/options';
import type { Closure } from '../connection/closure';
import { describeClosure, isOrderly } from './closing';

const ignore = () => {};

/**
 * What a `ChatClient` connects with: sockets with the options of `connect()`, which give a message when what was printed for
 * the one before is on its way out, and otherwise have the server wait.
 */
export class PacedSockets {
  readonly WebSocket: WebSocketClass;
  private readonly ends = new Set<Promise<unknown>>();

  /** @param ready resolves when the next message may come */
  constructor(options: ConnectOptions, ready: () => Promise<void>) {
    const watch = (end: Promise<unknown>) => {
      this.ends.add(end);
      void end.finally(() => this.ends.delete(end));
    };
    this.WebSocket = class extends PacedSocket {
      constructor(url: string) {
        super(url, options, ready);
        watch(this.ended);
      }
    };
  }

  /** Resolves when all connections have closed. */
  async closed(): Promise<void> {
    await Promise.all(this.ends);
  }
}

class PacedSocket implements WebSocketLike {
  onopen: () => void = ignore;
  onmessage: (event: { data: unknown }) => void = ignore;
  onerror: (event: { error: unknown }) => void = ignore;
  onclose: (event: { code: number; reason: string }) => void = ignore;
  readonly ended: Promise<void>;
  private readonly dialling = new AbortController();
  private connection: ClientConnection | undefined;

  constructor(url: string, options: ConnectOptions, ready: () => Promise<void>) {
    this.ended = this.run(url, options, ready);
  }

  send(text: string): void {
    this.connection!.send(text);
  }

  close(code = 1000): void {
    this.dialling.abort();
    this.connection?.close(code);
  }

  private async run(url: string, options: ConnectOptions, ready: () => Promise<void>): Promise<void> {
    let closure: Pick<Closure, 'code' | 'reason'> = { code: 1006, reason: '' };
    try {
      const connection = await connect(url, { ...options, signal: this.dialling.signal });
      this.connection = connection;
      this.onopen();
      const ended = this.read(connection, ready);
      const how = await connection.closed;
      closure = how;
      if (how.cause !== null && !isOrderly(how)) this.onerror({ error: new Error(describeClosure(how)) });
      await ended;
    } catch (error) {
      this.onerror({ error });
    }
    this.onclose(closure);
  }

  private async read(connection: ClientConnection, ready: () => Promise<void>): Promise<void> {
    try {
      for await (const data of connection.messages()) {
        this.onmessage({ data });
        await ready();
      }
    } catch {
      // How it ended is for `closed` to say.
    }
  }
}
