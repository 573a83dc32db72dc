import { ChatClient, type ChatRoom, type ConnectionState } from '../browser';
import type { ConnectOptions } from '../client/options';
import { closeCodeName } from '../protocol/close-code';
import { HandshakeError } from '../protocol/errors';
import { safeJson } from '../protocol/unprintable';
import { ExitCode } from './exit-codes';
import { exitCodeOf, Failure } from './failure';
import { PacedSockets } from './paced-sockets';
import { webSocketUrl } from './values';

export interface ChatLinkOptions {
  url: string;
  name: string | undefined;
  connect: ConnectOptions;
  /** Resolves when the next message may come. */
  ready: () => Promise<void>;
  /** What becomes of a connection that is lost, or that cannot be made at first. */
  reconnect: { whenLost: boolean; atFirst: boolean };
}

/** Milliseconds that a server may take to let us into a room. */
const joinTimeout = 10_000;

/** A chat client with the command line's options, and a verdict on its connection: to be waited for, or the end. */
export class ChatLink {
  readonly client: ChatClient;
  /** Rejects with the Failure that the program ends with. */
  readonly failed: Promise<never>;
  private readonly sockets: PacedSockets;
  private readonly reconnect: ChatLinkOptions['reconnect'];
  private wasOpen = false;
  private fail!: (failure: Failure) => void;

  constructor({ url, name, connect, ready, reconnect }: ChatLinkOptions) {
    this.reconnect = reconnect;
    this.failed = new Promise((_resolve, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
    this.sockets = new PacedSockets(connect, ready);
    this.client = new ChatClient(webSocketUrl(url), {
      ...(name !== undefined && { name }),
      WebSocket: this.sockets.WebSocket,
      // The connection's own pings find out, also while a slow pipe keeps it from being read.
      probeInterval: false,
    });
    this.client.on('state', (state) => this.judge(state));
  }

  /**
   * Joins a room.
   *
   * @throws Failure where we are not let in, or nobody answers
   */
  async join(name: string): Promise<ChatRoom> {
    const room = this.client.join(name);
    const late = setTimeout(() => {
      // While there is no connection, that is the news.
      if (this.client.state.status === 'open') this.fail(notLetIn(name, ExitCode.NotConnected));
    }, joinTimeout);
    try {
      return await Promise.race([room.joined(), this.failed]);
    } catch (error) {
      if (error instanceof Failure) throw error;
      const { message, code } = error as Error & { code: string };
      throw new Failure(`The room ${safeJson(name)} cannot be joined: ${message} (${code})`, ExitCode.NotConnected, {
        cause: error,
      });
    } finally {
      clearTimeout(late);
    }
  }

  /** Resolves when the closing handshake is over. */
  async close(): Promise<void> {
    this.client.close();
    await this.sockets.closed();
  }

  private judge(state: ConnectionState): void {
    if (state.status === 'open') this.wasOpen = true;
    if (state.status === 'closed') {
      const { code, reason } = state;
      if (code !== 1000) this.fail(new Failure(`${closedWords(code, reason)}.`, ExitCode.ConnectionLost));
    }
    if (state.status !== 'waiting') return;
    const { error, code, reason } = state;
    const isWaitedFor = this.wasOpen ? this.reconnect.whenLost : this.reconnect.atFirst;
    if (isWaitedFor && !isFinalRefusal(error)) return;
    const words = error instanceof Error ? error.message : closedWords(code, reason);
    const exitCode = this.wasOpen ? ExitCode.ConnectionLost : connectCode(error);
    this.fail(new Failure(words, exitCode, { cause: error }));
  }
}

/** Nobody has answered that we want to join a room. */
export function notLetIn(name: string, exitCode: ExitCode): Failure {
  const hint = 'is there rooms() of Switchboard, or a ChatServer, at this URL?';
  return new Failure(`The server does not answer the request to join ${safeJson(name)}: ${hint}`, exitCode);
}

/** A refusal that will be the same the next time: not 408, 429, or the server's own trouble. */
export function isFinalRefusal(error: unknown): boolean {
  if (error instanceof Error && exitCodeOf(error) === ExitCode.Usage) return true;
  if (!(error instanceof HandshakeError)) return false;
  return error.status < 500 && ![408, 425, 429].includes(error.status);
}

function connectCode(error: unknown): ExitCode {
  const code = exitCodeOf(error);
  return code === ExitCode.Usage ? code : ExitCode.NotConnected;
}

/** As far as the client of the chat knows. */
export function closedWords(code: number, reason: string): string {
  if (code === 1006) return `The connection was lost${reason === '' ? '' : `: ${reason}`}`;
  return `The server closed the connection with ${code} (${closeCodeName(code)})${reason === '' ? '' : ` ${JSON.stringify(reason)}`}`;
}
