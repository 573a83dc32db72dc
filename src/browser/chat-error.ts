/**
 * The server's codes (docs/chat-protocol.md) are any string; these are the client's own:
 *
 * - `'queue-full'`: there is no connection, and `maxQueued` messages wait already. It was not sent.
 * - `'closed'`: the room was left, or the client is closed. It was not sent.
 * - `'unconfirmed'`: it was sent, and no answer came before the connection or the room was gone for good, or before it was
 *   too old to be sent again (30 s). It may have arrived.
 * - `'message-too-big'`: the server closed the connection with 1009, and this was the longest unanswered message.
 */
export type ChatErrorCode = 'queue-full' | 'closed' | 'unconfirmed' | 'message-too-big' | (string & {});

/** Why a request was not carried out. */
export class ChatError extends Error {
  override readonly name = 'ChatError';

  constructor(
    /** Stable, for programs; the message is for people. */
    readonly code: ChatErrorCode,
    message: string,
  ) {
    super(message);
  }
}
