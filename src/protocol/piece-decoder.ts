import { invalidText } from './message-text';
import { ownCopy } from './own-bytes';
import { validUtf8Until } from './utf8';

const none = Buffer.alloc(0);

/**
 * One message on its way to a reader who takes it in pieces. It keeps no payload but the beginning of a character that
 * the end of a piece cut off.
 */
export class PieceDecoder {
  /** Payload bytes so far. */
  length = 0;
  private unfinished: Buffer = none;

  /** @param limit bytes that the whole message may have */
  constructor(readonly limit: number) {}

  /**
   * The text of the next bytes of a text message, up to the last whole character: it may be empty.
   *
   * @param last no more bytes follow
   * @throws InvalidPayloadError at the first byte that no continuation can make valid UTF-8
   */
  text(bytes: Buffer, last: boolean): string {
    const all = this.unfinished.length === 0 ? bytes : Buffer.concat([this.unfinished, bytes]);
    const until = validUtf8Until(all, 0, all.length);
    if (until === -1 || (last && until < all.length)) throw invalidText();
    this.unfinished = until === all.length ? none : ownCopy(all, until, all.length);
    return all.toString('utf8', 0, until);
  }
}
