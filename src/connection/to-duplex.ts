import { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { CloseCode } from '../protocol/close-code';
import { InvalidOptionError } from '../protocol/errors';
import { checkBoolean, describe, refuseUnknownOptions } from '../protocol/options';
import type { Message } from './inbox';
import { MessagePull } from './message-pull';
import { WebSocketConnection } from './websocket-connection';

export interface ToDuplexOptions {
  /**
   * A chunk is a message, text as string and binary as Buffer, both ways. Default false: bytes, whose messages do not
   * matter.
   */
  objectMode?: boolean;
  /**
   * Without `objectMode`: false sends bytes as text messages, cut between characters. Default true: as binary messages.
   */
  binary?: boolean;
}

/**
 * A connection as a Node stream: for `pipe()`, `stream.pipeline()`, and protocols that run over a stream.
 *
 * Reading waits for who reads, and then the peer waits; writing waits for the peer. A WebSocket has no half that could
 * be closed alone: `end()` closes the connection with 1000, and `'finish'` comes when the peer has answered; what that
 * sends before is still read. When the peer closes, the stream ends both ways. `destroy()` cuts the transport. A
 * connection that is lost destroys the stream with a ConnectionClosedError.
 *
 * @throws InvalidOptionError for an unknown option, or `binary` in `objectMode`
 */
export function toDuplex(socket: WebSocketConnection, options: ToDuplexOptions = {}): Duplex {
  if (!(socket instanceof WebSocketConnection)) {
    throw new InvalidOptionError(
      `toDuplex() takes a connection, as a handler gets it or connect() resolves to, not ${describe(socket)}`,
    );
  }
  refuseUnknownOptions('toDuplex()', options, ['objectMode', 'binary']);
  const { objectMode = false, binary } = options;
  checkBoolean('objectMode', objectMode);
  if (binary !== undefined) checkBoolean('binary', binary);
  if (objectMode && binary !== undefined) {
    throw new InvalidOptionError(
      "Option 'binary' of toDuplex() has no meaning in objectMode: strings are text, bytes are binary",
    );
  }
  return new SocketDuplex(socket, objectMode, binary === false ? new StringDecoder('utf8') : null);
}

class SocketDuplex extends Duplex {
  private readonly pull: MessagePull;

  constructor(
    private readonly socket: WebSocketConnection,
    private readonly ofMessages: boolean,
    private readonly text: StringDecoder | null,
  ) {
    // One message at a time: what waits, waits at the peer.
    super({ objectMode: ofMessages, allowHalfOpen: false, ...(ofMessages && { highWaterMark: 1 }) });
    this.pull = new MessagePull(socket, {
      message: (data) => this.received(data),
      end: (error) => (error === null ? this.push(null) : this.destroy(error)),
    });
  }

  private received(data: Message): void {
    if (this.ofMessages) this.push(data);
    else if (data.length > 0) this.push(typeof data === 'string' ? Buffer.from(data) : data);
    else this.pull.pull();
  }

  override _read(): void {
    this.pull.pull();
  }

  override _write(chunk: Message, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const { socket, text } = this;
    try {
      const message = text === null ? chunk : text.write(chunk as Buffer);
      if ((text !== null && message.length === 0) || socket.send(message)) callback();
      else if (socket.readyState === socket.OPEN) socket.drained().then(() => callback(), callback);
      else callback(socket.closedError('toDuplex()'));
    } catch (error) {
      callback(error as Error);
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    const { socket } = this;
    const rest = this.text?.end() ?? '';
    if (rest !== '') socket.send(rest);
    socket.close(CloseCode.NormalClosure);
    // A pipeline that comes back to this stream ends with it, if it is given the time.
    socket.whenClosed(() => setImmediate(callback, socket.isClean ? null : socket.closedError('toDuplex()')));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.pull.leave();
    this.socket.terminate();
    this.socket.whenClosed(() => callback(error));
  }
}
