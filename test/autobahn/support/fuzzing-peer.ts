import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Role } from '../../../src/protocol/role';
import { encode, type FrameSpec } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import type { Chop, Step } from '../cases/autobahn-case';
import type { Agreement } from './extension-header';
import { FrameReader, type Message } from './frame-reader';
import { PeerDeflate } from './peer-deflate';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface FuzzingPeerInit {
  /** Who is tested. */
  tested: Role;
  /** The other end of the socket: this process has both, so that a peer can wait until a chop was read. */
  farEnd: Socket;
  agreement?: Agreement;
  /** Bytes that came behind the handshake. */
  head: Buffer;
}

/** The other end of whoever is tested, over TCP: says what a case wants, and writes down what comes back. */
export class FuzzingPeer {
  /** What came back; see `said`. */
  readonly lines: string[] = [];
  /** Gets the messages instead of `lines`, while it is set. */
  onMessage: ((message: Message) => void) | null = null;
  readonly deflate: PeerDeflate | undefined;
  /** The other end has ended the TCP connection, or both have. */
  ended = false;
  closed = false;
  /** A close frame has come. */
  saidGoodbye = false;
  private problem: Error | undefined;
  private wake: Array<() => void> = [];
  private working: Promise<void> = Promise.resolve();
  private readonly tested: Role;
  private readonly farEnd: Socket;

  constructor(
    private readonly socket: Socket,
    { tested, farEnd, agreement, head }: FuzzingPeerInit,
  ) {
    this.tested = tested;
    this.farEnd = farEnd;
    this.deflate = agreement && new PeerDeflate(agreement.sending, agreement.receiving);
    const reader = new FrameReader(tested, agreement !== undefined, {
      message: (message) => this.received(message),
      control: (opcode, payload) => this.receivedControl(opcode, payload),
    });
    const read = (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.fail(error as Error);
      }
      this.awaken();
    };
    socket.setNoDelay(true);
    socket.on('data', read);
    socket.on('end', () => {
      this.ended = true;
      this.awaken();
    });
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => {
      this.closed = true;
      this.awaken();
    });
    if (head.length > 0) read(head);
    socket.resume();
  }

  /** Resolves when `condition` holds, or the connection is closed; rejects when the other end broke a rule. */
  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.problem !== undefined) throw this.problem;
      if (condition() || this.closed) return;
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
  }

  /** Resolves when the connection is closed, and all that came has been looked at. */
  async over(): Promise<void> {
    await this.until(() => false);
    await this.working;
    if (this.problem !== undefined) throw this.problem;
  }

  /** Does one step of a case. */
  async perform(step: Step): Promise<void> {
    if ('send' in step) await this.send(step.send, step.chop);
    else if ('part' in step) await this.sendPart(step.part, step.from, step.to);
    else if ('answers' in step) await this.until(() => this.lines.length >= step.answers || this.ended);
    else await this.expectSilence();
  }

  async send(frames: readonly FrameSpec[], chop: Chop = 'together'): Promise<void> {
    const encoded = frames.map((each) => encode(each, this.tested));
    if (chop === 'together') return this.write(Buffer.concat(encoded));
    for (const bytes of encoded) {
      const size = chop === 'by frame' ? bytes.length : chop;
      for (let at = 0; at < bytes.length; at += size) await this.writeAndBeRead(bytes.subarray(at, at + size));
    }
  }

  private async sendPart(spec: FrameSpec, from: number, to: number): Promise<void> {
    const bytes = encode(spec, this.tested);
    const header = bytes.length - spec.payload!.length;
    await this.writeAndBeRead(bytes.subarray(from === 0 ? 0 : header + from, header + to));
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
    this.deflate?.close();
  }

  private write(bytes: Buffer): void {
    if (this.socket.writable) this.socket.write(bytes);
  }

  /** One chop is one read: the next is written when the other end has read this one, or does not read any more. */
  private async writeAndBeRead(bytes: Buffer): Promise<void> {
    this.write(bytes);
    await this.beRead();
  }

  private async beRead(): Promise<void> {
    const isOver = () => this.ended || this.closed || this.farEnd.destroyed;
    while (this.farEnd.bytesRead < this.socket.bytesWritten && !isOver()) await turn();
  }

  /** What was read is handled in the same turn; by the end of the second what comes of it has come. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 5; turns++) await turn();
  }

  private async expectSilence(): Promise<void> {
    await this.beRead();
    await this.settle();
    if (this.problem !== undefined) throw this.problem;
    if (this.lines.length > 0 || this.ended) throw new Error(`Not silent: ${this.lines.join(', ') || 'it has ended'}`);
  }

  private received(message: Message): void {
    this.inTurn(async () => {
      const { isCompressed, payload } = message;
      this.deliver(isCompressed ? { ...message, payload: await this.deflate!.inflate(payload) } : message);
    });
  }

  private deliver(message: Message): void {
    if (this.onMessage !== null) this.onMessage(message);
    else this.lines.push(message.isBinary ? said.binary(message.payload) : said.text(utf8.decode(message.payload)));
    this.awaken();
  }

  private receivedControl(opcode: number, payload: Buffer): void {
    this.inTurn(() => {
      this.lines.push(controlLine(opcode, payload));
      this.saidGoodbye ||= opcode === 8;
      this.awaken();
    });
  }

  /** Inflating takes its time: what came later has to wait for it. */
  private inTurn(work: () => void | Promise<void>): void {
    this.working = this.working.then(work).catch((error) => this.fail(error));
  }

  private fail(error: Error): void {
    this.problem ??= error;
    this.awaken();
  }

  private awaken(): void {
    for (const resume of this.wake.splice(0)) resume();
  }
}

function controlLine(opcode: number, payload: Buffer): string {
  if (opcode === 9) return said.ping(payload);
  if (opcode === 10) return said.pong(payload);
  if (payload.length === 1) throw new Error('A close frame has one octet');
  return payload.length === 0 ? said.close(1005) : said.close(payload.readUInt16BE(), utf8.decode(payload.subarray(2)));
}
