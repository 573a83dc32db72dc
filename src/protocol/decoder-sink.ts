import type { ClosePayload } from './close-payload';
import type { WebSocketError } from './errors';

/** Where the decoder hands its results, in the order of the wire. */
export interface DecoderSink {
  /** @param size bytes of the payload, inflated */
  receivedMessage(data: string | Buffer, isBinary: boolean, size: number): void;
  /**
   * A piece of the message that `readPieces` asked for: text cut between two characters, or bytes. Only the last one
   * may be empty. Where the message came whole, or through an extension, `receivedMessage` is called instead.
   */
  receivedPiece?(data: string | Buffer, isLast: boolean): void;
  /**
   * A message is larger than `maxMessageSize`. True when it may still be asked for in pieces: the decoder is paused
   * before it (or before the fragment that is too much), and looks again when it is resumed. False fails the
   * connection.
   */
  receivedTooLarge?(): boolean;
  receivedPing(payload: Buffer): void;
  receivedPong(payload: Buffer): void;
  /** The peer's close frame; nothing is decoded after it. */
  receivedClose(close: ClosePayload): void;
  /** The peer broke a rule; nothing is decoded after it. */
  receivedViolation(error: WebSocketError): void;
}
