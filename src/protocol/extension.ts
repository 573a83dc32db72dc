/**
 * What an extension that works on messages (as permessage-deflate does, RFC 7692) gives the decoder and the encoder of
 * one connection. Frames are not its business: it names the RSV bits that mark its messages, and turns payloads round.
 */
export interface MessageExtension {
  /** As it stands in `Sec-WebSocket-Extensions`, with its agreed parameters. */
  readonly description: string;
  /** The RSV bits of a message's first frame that it gives a meaning. */
  readonly reservedBits: number;
  /**
   * Decodes the whole payload of a message that has one of those bits.
   *
   * @param limit bytes that the result may have
   * @throws WebSocketError
   */
  decode(payload: Buffer, limit: number): Buffer;
  /** Encodes a message's payload, or returns null to send it as it is, with no bit set. */
  encode(payload: string | Uint8Array): Buffer | null;
}
