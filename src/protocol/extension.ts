/**
 * What an extension that works on messages (as permessage-deflate does, RFC 7692) gives the decoder and the sender of
 * one connection. Frames are not its business: it names the RSV bits that mark its messages, and turns payloads round.
 */
export interface MessageExtension {
  /** As it stands in `Sec-WebSocket-Extensions`, with its agreed parameters. */
  readonly description: string;
  /** The RSV bits of a message's first frame that it gives a meaning. */
  readonly reservedBits: number;
  /** What decoding has cost so far, in bytes that are decoded in the same time. Only grows. */
  readonly effort: number;
  /**
   * Decodes the whole payload of a message that has one of those bits.
   *
   * @param limit bytes that the result may have
   * @throws WebSocketError whose fault is the peer's
   */
  decode(payload: Buffer, limit: number): Buffer;
  /**
   * Encodes a message to send, or the next fragment of one, in the order of the wire.
   *
   * @param isLast false when more fragments of this message follow
   * @param wanted false to send this message as it is; counts at its first fragment
   * @returns null for a message that goes as it is, with none of the bits set
   */
  encode(payload: string | Uint8Array, isLast: boolean, wanted: boolean): Buffer | null;
  /** What encodes messages for many connections at once, this one among them; null while it cannot take part. */
  readonly shared: SharedEncoding | null;
  /** A message that `shared` encoded is sent. */
  sentShared(message: SharedMessage): void;
}

/** Encodes a message once for all connections whose extensions name the same one. */
export interface SharedEncoding {
  /** @returns null for a message that goes as it is */
  encode(payload: string | Buffer): SharedMessage | null;
}

/** A message, encoded for many. Nobody may change its bytes. */
export interface SharedMessage {
  readonly payload: Buffer;
  /** Bytes that it had before. */
  readonly size: number;
  readonly reservedBits: number;
  /** The message's last bytes, before it was encoded: what later messages of the connection may refer to. */
  readonly recent: Buffer;
}
