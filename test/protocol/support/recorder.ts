import { createHash } from 'node:crypto';
import type { ClosePayload } from '../../../src/protocol/close-payload';
import type { DecoderSink } from '../../../src/protocol/decoder-sink';
import type { WebSocketError } from '../../../src/protocol/errors';

/** What a decoder handed over, one line for each, so that a difference can be read. */
export const said = {
  text: (data: string) => `text ${data.length > 80 ? digest(Buffer.from(data)) : JSON.stringify(data)}`,
  binary: (data: Uint8Array) => `binary ${shown(data)}`,
  ping: (payload: Uint8Array | string = '') => `ping ${shown(Buffer.from(payload))}`,
  pong: (payload: Uint8Array | string = '') => `pong ${shown(Buffer.from(payload))}`,
  close: (code: number, reason = '') => `close ${code} ${JSON.stringify(reason)}`,
  protocolError: (code: string) => `violation ProtocolError ${code} 1002`,
  invalidUtf8: 'violation InvalidPayloadError INVALID_UTF8 1007',
  tooBig: (code = 'MESSAGE_TOO_BIG') => `violation MessageTooBigError ${code} 1009`,
};

/** A sink that writes down what it is given. */
export class Recorder implements DecoderSink {
  readonly lines: string[] = [];
  violation: WebSocketError | undefined;

  receivedMessage(data: string | Buffer, isBinary: boolean): void {
    if (isBinary !== (typeof data !== 'string')) throw new Error('isBinary does not fit the data');
    this.lines.push(typeof data === 'string' ? said.text(data) : said.binary(data));
  }

  receivedPing(payload: Buffer): void {
    this.lines.push(said.ping(payload));
  }

  receivedPong(payload: Buffer): void {
    this.lines.push(said.pong(payload));
  }

  receivedClose({ code, reason }: ClosePayload): void {
    this.lines.push(said.close(code, reason));
  }

  receivedViolation(error: WebSocketError): void {
    this.violation = error;
    this.lines.push(`violation ${error.name} ${error.code} ${error.closeCode}`);
  }
}

function shown(data: Uint8Array): string {
  return data.length > 64 ? digest(data) : Buffer.from(data).toString('hex');
}

function digest(data: Uint8Array): string {
  return `of ${data.length} bytes, sha1 ${createHash('sha1').update(data).digest('hex')}`;
}
