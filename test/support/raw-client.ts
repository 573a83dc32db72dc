import { once } from 'node:events';
import net, { type Socket } from 'node:net';

/** The example of RFC 6455, section 1.3. */
export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';
export const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** A handshake as text; `null` leaves a header out. */
export function handshake(path = '/', headers: Record<string, string | null> = {}, method = 'GET'): string {
  const all: Record<string, string | null> = {
    Host: 'localhost',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': sampleKey,
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** A text frame as a client sends it, masked with a key of zeros. */
export function clientText(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A text frame as a server sends it. */
export function serverText(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
}

/** A client without any protocol of its own: it sends and collects bytes. */
export class RawClient {
  received = Buffer.alloc(0);
  private wake: Array<() => void> = [];

  private constructor(readonly socket: Socket) {
    const awaken = () => {
      const woken = this.wake;
      this.wake = [];
      for (const resume of woken) resume();
    };
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      awaken();
    });
    socket.on('end', awaken);
    socket.on('close', awaken);
    // A reset is an answer, too; tests look at 'close'.
    socket.on('error', () => {});
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Resolves when so much has been received that `found` says so. */
  async until(found: (received: Buffer) => boolean): Promise<Buffer> {
    while (!found(this.received)) {
      if (this.socket.destroyed || this.socket.readableEnded) {
        throw new Error(`The server ended after: ${this.received.toString('latin1').slice(0, 500)}`);
      }
      await this.next();
    }
    return this.received;
  }

  untilText(text: string): Promise<Buffer> {
    return this.until((received) => received.includes(text));
  }

  /** Everything until the server ends; then ends as well. */
  async rest(): Promise<string> {
    while (!this.socket.readableEnded && !this.socket.destroyed) await this.next();
    this.socket.end();
    return this.received.toString('latin1');
  }

  private next(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve));
  }

  /** The status line and headers of the first response, names in lower case, and what follows it so far. */
  async response(): Promise<{ status: number; headers: Record<string, string>; rest: Buffer }> {
    const bytes = await this.untilText('\r\n\r\n');
    return parseResponse(bytes);
  }
}

export function parseResponse(bytes: Buffer | string): {
  status: number;
  headers: Record<string, string>;
  rest: Buffer;
} {
  const buffer = Buffer.from(bytes as string, 'latin1');
  const end = buffer.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = buffer.subarray(0, end).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(statusLine.split(' ')[1]), headers, rest: buffer.subarray(end + 4) };
}
