import { type ResolvedConnectionOptions, resolveConnectionOptions } from '../src/connection/options';
import { WebSocketConnection } from '../src/connection/websocket-connection';
import type { DeflateAgreement } from '../src/protocol/deflate-negotiation';
import { resolveDeflate } from '../src/protocol/deflate-options';
import { WebSocketError } from '../src/protocol/errors';
import { PerMessageDeflate } from '../src/protocol/permessage-deflate';
import { FuzzTransport } from './fuzz-transport';
import { decodeByTheLetter, heard, type ReferenceExtension } from './reference/decoder';
import { deflateByTheLetter, encodedSize, Undecided } from './reference/deflated-message';
import type { Script } from './script';
import { ensure, ensureSame } from './target';

const agreement: DeflateAgreement = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const settings = {
  server: resolveDeflate('fuzz', 'server', { threshold: 50 })!,
  client: resolveDeflate('fuzz', 'client', { threshold: 50 })!,
};

const optionsByChoice: readonly ResolvedConnectionOptions[] = [
  {},
  {
    maxMessageSize: 200,
    maxFragments: 4,
    highWaterMark: 64,
    lowWaterMark: 16,
    maxBufferedAmount: 300,
    maxPendingPongs: 2,
  },
  { maxMessageSize: 70_000, highWaterMark: 1000, lowWaterMark: 0, maxBufferedAmount: 2000 },
  { maxMessageSize: 1000, maxBufferedAmount: 70_000, maxPendingPongs: 1 },
].map((options) => resolveConnectionOptions('fuzz', { ...options, pingInterval: false, closeTimeout: 100_000 }));

/** The largest message that the application sends here. */
const largestSent = 40_000;

/** What an inbox may hold beyond the largest message: see its capacity. */
const inboxCapacity = 64 * 1024;

/** What the peer says at once, at most. */
const largestChunk = 2 ** 16;

/** What a transport fails with. */
const reset = 'ECONNRESET';

/** An exception that the application throws on purpose. */
class Blunder extends Error {}

/**
 * One connection, its peer, and the application that uses it: all three do what a script says. Its first byte chooses:
 *
 *   bit 0     role: server or client
 *   bit 1-2   options
 *   bit 3     the transport has small buffers
 *   bit 4     with permessage-deflate
 */
export class Scene {
  private readonly transport: FuzzTransport;
  private readonly connection: WebSocketConnection;
  private readonly options: ResolvedConnectionOptions;
  private readonly role: 'server' | 'client';
  private readonly compresses: boolean;
  /** All that the peer sent. */
  private readonly sent: Buffer[] = [];
  /** What the application got: its listener, its calls of `receive()`, and each of its loops. Each hears in order. */
  private readonly listened: string[] = [];
  private readonly received: Array<string | undefined> = [];
  private readonly iterated: string[][] = [];
  private readonly blamed: unknown[] = [];
  private closeEvents = 0;
  private callbacks = { due: 0, called: 0 };
  private throwing = false;
  private ended = false;
  /** The application has sent a fragment, and not yet the rest of its message. */
  private midMessage = false;
  /** What had come of the message that is read in pieces when it was asked for, in bytes: its first piece. */
  private begun = 0;
  private stopLoop = false;

  constructor(private readonly script: Script) {
    const choices = script.byte();
    this.role = (choices & 1) === 0 ? 'server' : 'client';
    this.options = optionsByChoice[(choices >> 1) & 3]!;
    this.compresses = (choices & 16) !== 0;
    this.transport = new FuzzTransport((choices & 8) === 0 ? 16 * 1024 : 16);
    this.connection = new WebSocketConnection(this.transport, {
      role: this.role,
      options: this.options,
      ...(this.compresses && { extension: new PerMessageDeflate(this.role, settings[this.role], agreement, '') }),
      onError: (error) => this.blamed.push(error),
    });
  }

  async play(): Promise<void> {
    const { connection, transport, script } = this;
    connection.on('close', () => this.closeEvents++);
    connection.on('error', (error) => this.checkError(error));
    for (let steps = 0; steps < 60 && !script.isOver; steps++) {
      script.pick(this.steps)();
      this.checkBounds();
      if (script.below(3) !== 0) continue;
      await turn();
      this.checkBounds();
    }
    // The end, however it came to it: the application takes what is there, and the peer leaves.
    transport.block(false);
    connection.openGate();
    connection.resume();
    if (script.below(2) === 0) this.listen();
    this.stopLoop = true;
    await turn();
    if (script.below(2) === 0) transport.push(null);
    else transport.destroy();
    for (let i = 0; i < 3; i++) await turn();
    // Who did not close in turn is cut, as `closeTimeout` does.
    transport.destroy();
    await turn();
    await turn();
    this.checkEnd();
  }

  /** What can happen, one at a time. */
  private readonly steps: ReadonlyArray<() => void> = [
    () => this.hear(this.script.byte()),
    () => this.send('x'.repeat(this.script.below(200))),
    () => this.send(Buffer.alloc(Math.min(this.script.word(), largestSent), 7)),
    () => this.send('é€😀'.repeat(this.script.byte()), this.script.below(2) === 0),
    () => this.ping(),
    () => this.connection.pong(this.script.take(this.script.below(10))),
    () => this.connection.close(this.script.pick([undefined, 1000, 1001, 4000])),
    () => this.connection.terminate(),
    () => this.connection.pause(),
    () => this.connection.resume(),
    () => this.receive(),
    () => this.iterate(),
    () => this.listen(),
    () => this.connection.removeAllListeners('message'),
    () => this.connection.openGate(),
    () => this.transport.block(this.script.below(2) === 0),
    () => this.hearEnd(),
    () => this.transport.destroy(this.script.below(2) === 0 ? new Error(reset) : undefined),
    () => {
      this.throwing = !this.throwing;
    },
    () => this.connection.drained().catch((error) => this.checkError(error)),
    () => this.hear(this.script.word()),
    () => this.readPieces(),
    () => this.sendPieces(),
  ];

  /** The peer says the bytes that follow. */
  private hear(count: number): void {
    const bytes = this.script.take(count);
    if (this.transport.destroyed || this.ended) return;
    this.sent.push(Buffer.from(bytes));
    this.transport.push(bytes);
  }

  /** The peer says that it says no more. */
  private hearEnd(): void {
    if (!this.ended && !this.transport.destroyed) this.transport.push(null);
    this.ended = true;
  }

  private ping(): void {
    const { script } = this;
    this.connection.ping(script.below(2) === 0 ? undefined : script.take(3)).then(
      (latency) => ensure(latency >= 0, 'A latency below zero'),
      (error) => this.checkError(error),
    );
  }

  private send(data: string | Buffer, fin = true): void {
    try {
      this.connection.send(data, { fin }, () => this.callbacks.called++);
      this.callbacks.due++;
      this.midMessage = !fin;
    } catch (error) {
      // A message in fragments, while another one is sent in pieces.
      this.checkError(error);
    }
  }

  private sendPieces(): void {
    const { script } = this;
    const pieces = Array.from({ length: script.below(4) }, () =>
      script.pick(['', 'a', '\ud83d', '\ude00', '€'.repeat(300)]),
    );
    const source = async function* () {
      for (const piece of pieces) {
        if (script.below(4) === 0) await turn();
        yield piece;
      }
    };
    this.connection.sendPieces(script.below(2) === 0 ? pieces : source()).catch((error) => this.checkError(error));
  }

  private note(message: string | Buffer): void {
    this.listened.push(lineOf(message));
    const action = this.throwing ? this.listened.length % 4 : 0;
    if (action === 1) throw new Blunder('in a listener');
    // As the rest of a text, bytes would have to be UTF-8.
    if (action === 2 && !this.midMessage) this.send(message);
    if (action === 3) this.connection.pause();
  }

  private listen(): void {
    if (this.connection.listenerCount('message') > 1) return;
    // Two listeners would be told each message twice.
    this.connection.removeAllListeners('message');
    this.connection.on('message', (data) => this.note(data));
  }

  private receive(): void {
    const call = this.received.push(undefined) - 1;
    this.connection.receive().then(
      (data) => {
        if (data !== null) this.received[call] = lineOf(data);
      },
      (error) => this.checkError(error),
    );
  }

  private iterate(): void {
    const { connection, script } = this;
    const most = script.below(4);
    const got: string[] = [];
    this.iterated.push(got);
    const loop = async () => {
      for await (const data of connection.messages()) {
        got.push(lineOf(data));
        if (this.stopLoop || got.length > most) break;
      }
    };
    loop().catch((error) => this.checkError(error));
  }

  /** Reads one message in pieces, to its end or not. */
  private readPieces(): void {
    const { connection, script } = this;
    const most = script.below(8);
    const got: string[] = [];
    this.iterated.push(got);
    const { maxMessageSize } = this.options;
    const loop = async () => {
      const { decoder } = connection as unknown as { decoder: { message: { length: number } | null } };
      const begun = decoder.message?.length ?? 0;
      const reading = connection.pieces({ maxMessageSize });
      this.begun = begun;
      // One who never comes for the first piece.
      if (most === 7) return;
      const pieces: Array<string | Buffer> = [];
      for await (const piece of reading) {
        pieces.push(piece);
        if (this.stopLoop || pieces.length > most) return;
      }
      const [first] = pieces;
      if (first === undefined) return;
      got.push(lineOf(typeof first === 'string' ? pieces.join('') : Buffer.concat(pieces as Buffer[])));
    };
    loop().catch((error) => this.checkError(error));
  }

  /** Whatever goes wrong between a peer and us is one of our errors, or the transport's own. */
  private checkError(error: unknown): void {
    ensure(
      error instanceof WebSocketError ||
        error instanceof Blunder ||
        (error instanceof Error && error.message === reset),
      () => `An error that is none of ours: ${error instanceof Error ? error.stack : String(error)}`,
    );
    // Only what the application did is its fault: to wait for messages that a listener gets.
    if (error instanceof WebSocketError && error.fault === 'caller')
      ensureSame(error.code, 'INVALID_STATE', 'The error');
  }

  private checkBounds(): void {
    const { inbox, decoder, pieceReader } = this.connection as unknown as {
      inbox: { size: number } | null;
      pieceReader: { current: { size: number } | null } | null;
      decoder: { rest: Buffer | null; message: { bytes: Buffer } | null };
    };
    const { maxMessageSize, maxBufferedAmount } = this.options;
    const perMessage = maxMessageSize + 64;
    ensure((inbox?.size ?? 0) <= inboxCapacity + perMessage, () => `${inbox?.size} bytes wait in the inbox`);
    const inPieces = pieceReader?.current?.size ?? 0;
    ensure(inPieces <= this.begun + inboxCapacity + largestChunk, () => `${inPieces} bytes of pieces wait`);
    ensure(
      (decoder.message?.bytes.length ?? 0) <= 2 * encodedSize(maxMessageSize) + 1024,
      'A message in progress is above its limit',
    );
    // Above the limit lies at most the message that was sent last, and what answers the chunk that was read last.
    const most = maxBufferedAmount + largestSent + 4 * perMessage + 2048;
    ensure(this.connection.bufferedAmount <= most, () => `${this.connection.bufferedAmount} bytes wait to be sent`);
  }

  private checkEnd(): void {
    const { connection } = this;
    ensureSame(connection.readyState, 3, 'The state at the end');
    ensureSame(this.closeEvents, 1, "How often 'close' was emitted");
    for (const error of this.blamed)
      ensure(error instanceof Blunder, () => `The application is blamed for ${String(error)}`);
    ensureSame(this.callbacks.called, this.callbacks.due, 'How many callbacks of send() were called');
    ensureSame(connection.bufferedAmount - this.transport.writableLength, 0, 'What waits to be sent at the end');
    this.checkWritten();
    this.checkReceived();
  }

  private reference(maxMessageSize: number): ReferenceExtension | undefined {
    return this.compresses ? deflateByTheLetter(maxMessageSize) : undefined;
  }

  /** Undefined where the RFC leaves open what the peer said. */
  private saidByPeer(wire: Buffer): string[] | undefined {
    try {
      return decodeByTheLetter(wire, this.role, this.options, this.reference(this.options.maxMessageSize));
    } catch (error) {
      if (error instanceof Undecided) return undefined;
      throw error;
    }
  }

  /** What we wrote is legal, whatever the peer did, and nothing comes behind a close frame. */
  private checkWritten(): void {
    const written = Buffer.concat(this.transport.written);
    const peer = this.role === 'server' ? 'client' : 'server';
    const said = decodeByTheLetter(
      written,
      peer,
      { maxMessageSize: 2 ** 30, maxFragments: 2 ** 30 },
      this.reference(2 ** 30),
    );
    ensure(
      said.at(-1)?.startsWith('violation') !== true,
      () => `We wrote what breaks the rules: ${written.toString('hex', 0, 200)}`,
    );
    if (said.at(-1)?.startsWith('close') !== true) return;
    const close = closeFrameEnd(written);
    ensureSame(close, written.length, 'Where what we wrote ends: with the close frame');
  }

  /** The application got messages that the peer sent, each once and in order; some may be lost where nobody listened. */
  private checkReceived(): void {
    const wire = Buffer.concat(this.sent);
    const said = this.saidByPeer(wire);
    if (said === undefined) return;
    const received = this.received.filter((message) => message !== undefined);
    const consumers = [this.listened, received, ...this.iterated];
    for (const messages of consumers) {
      let next = 0;
      for (const message of messages) {
        const at = said.indexOf(message, next);
        ensure(at !== -1, () => `The application got what was not sent, or not in this order: ${message.slice(0, 80)}`);
        next = at + 1;
      }
    }
    const left = [...said];
    for (const message of consumers.flat()) {
      const at = left.indexOf(message);
      ensure(at !== -1, () => `The application got a message twice: ${message.slice(0, 80)}`);
      left.splice(at, 1);
    }
  }
}

function lineOf(message: string | Buffer): string {
  return typeof message === 'string' ? `text ${message}` : heard.binary(message);
}

/** Where the first close frame among these frames ends; they are all whole and legal. */
function closeFrameEnd(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; ) {
    const opcode = bytes[at]! & 15;
    const short = bytes[at + 1]! & 0x7f;
    const size = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0);
    const length =
      short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    at += size + (bytes[at + 1]! >= 0x80 ? 4 : 0) + length;
    if (opcode === 8) return at;
  }
  return -1;
}

/** One turn of the event loop, with the flush at its end. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
