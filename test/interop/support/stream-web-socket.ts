import { EventEmitter } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { FrameParser, Opcode, WebSocketFrame } from '../../../src';
import type { BrowserSocket } from './checks';

/** What an event carries. */
type Details = Parameters<Parameters<BrowserSocket['addEventListener']>[1]>[0];

/**
 * The WebSocket of browsers over a session of node:http2, by hand: an extended CONNECT (RFC 8441, section 5), without a key
 * and without extensions, and behind it frames of our `FrameParser`.
 */
export class StreamWebSocket implements BrowserSocket {
  binaryType = 'blob';
  protocol = '';
  readonly extensions = '';
  readonly bufferedAmount = 0;
  /** The status that refused it, or 200. */
  status = 0;
  private readonly events = new EventEmitter();
  private readonly parser = new FrameParser({ role: 'client', maxFrameSize: 8 * 1024 * 1024 });
  private readonly stream: ClientHttp2Stream;
  private unread: Buffer = Buffer.alloc(0);
  private fragments: WebSocketFrame[] = [];
  private closeReceived: { code: number; reason: string } | undefined;
  private closeSent = false;

  /** @param headers more of them, such as `origin` */
  constructor(
    session: ClientHttp2Session,
    url: string,
    protocols: string[] = [],
    headers: Record<string, string> = {},
  ) {
    const { host, protocol, pathname, search } = new URL(url);
    this.stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': protocol === 'wss:' ? 'https' : 'http',
        ':authority': host,
        ':path': pathname + search,
        'sec-websocket-version': '13',
        ...(protocols.length > 0 ? { 'sec-websocket-protocol': protocols.join(', ') } : {}),
        ...headers,
      },
      { endStream: false },
    );
    this.stream.on('response', (received) => {
      this.status = Number(received[':status']);
      if (this.status !== 200) {
        this.stream.resume().end();
        return;
      }
      this.protocol = String(received['sec-websocket-protocol'] ?? '');
      this.stream.on('data', (chunk: Buffer) => this.read(chunk));
      this.emit('open', {});
    });
    // Whatever it is, the end tells of it.
    this.stream.on('error', () => {});
    this.stream.on('close', () => {
      const { closeReceived } = this;
      if (this.status !== 200) this.emit('error', {});
      this.emit('close', { code: 1006, reason: '', ...closeReceived, wasClean: closeReceived !== undefined });
    });
  }

  addEventListener(type: string, listener: (event: Details) => void): void {
    // EventEmitter throws an 'error' that nobody listens to.
    this.events.on(` ${type}`, listener);
  }

  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob): void {
    if (typeof data === 'string') this.write(Opcode.Text, Buffer.from(data));
    else if (data instanceof Blob) void data.arrayBuffer().then((bytes) => this.send(bytes));
    else this.write(Opcode.Binary, new Uint8Array(data));
  }

  close(code?: number, reason = ''): void {
    if (this.closeSent) return;
    this.closeSent = true;
    const payload = Buffer.from(code === undefined ? '' : `  ${reason}`);
    if (code !== undefined) payload.writeUInt16BE(code);
    this.write(Opcode.Close, payload);
  }

  private emit(type: string, details: Details): void {
    this.events.emit(` ${type}`, details);
  }

  private write(opcode: Opcode, payload: Uint8Array): void {
    this.stream.write(this.parser.encode(new WebSocketFrame({ opcode, payload })));
  }

  private read(chunk: Buffer): void {
    this.unread = Buffer.concat([this.unread, chunk]);
    for (;;) {
      const decoded = this.parser.decode(this.unread);
      if (decoded === null) return;
      this.unread = this.unread.subarray(decoded.bytesConsumed);
      this.receive(decoded.frame);
    }
  }

  private receive(frame: WebSocketFrame): void {
    const { opcode, payload } = frame;
    if (opcode === Opcode.Ping) this.write(Opcode.Pong, payload);
    else if (opcode === Opcode.Close) {
      const code = payload.length === 0 ? undefined : payload.readUInt16BE();
      this.closeReceived = { code: code ?? 1005, reason: payload.toString('utf8', 2) };
      this.close(code);
      this.stream.end();
    } else if (opcode !== Opcode.Pong) {
      this.fragments.push(frame);
      if (frame.fin) this.message(this.fragments.splice(0));
    }
  }

  private message(fragments: WebSocketFrame[]): void {
    const bytes = Buffer.concat(fragments.map(({ payload }) => payload));
    if (fragments[0]!.opcode === Opcode.Text) this.emit('message', { data: bytes.toString() });
    else this.emit('message', { data: this.binaryType === 'blob' ? new Blob([bytes]) : new Uint8Array(bytes).buffer });
  }
}

/** A class whose WebSockets all go over one session; which is asked when they are made. */
export function overSession(
  session: () => ClientHttp2Session,
): new (
  url: string,
  protocols?: string[],
) => BrowserSocket {
  return class extends StreamWebSocket {
    constructor(url: string, protocols: string[] = []) {
      super(session(), url, protocols);
    }
  };
}
