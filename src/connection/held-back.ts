import { maxHeaderSize } from '../protocol/frame-header';
import { writeFrame } from '../protocol/frame-writer';
import type { MaskingKey } from '../protocol/mask';
import type { SendCallback } from './write-queue';

/** Somebody who sends one message in fragments, and may begin when no other message is under way. */
export interface Turn {
  /** Nothing comes between its fragments until `endTurn`. */
  begin(): void;
  /** The connection is closed. */
  cancel(): void;
}

/**
 * What waits behind a message in fragments, in the order of the calls, as no other message may come between them
 * (RFC 6455, section 5.4): encoded frames, callbacks for when these are written, and further messages in fragments.
 */
export class HeldBack {
  /** Bytes of the frames. */
  length = 0;
  private entries: Array<Buffer | SendCallback | Turn> = [];

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /**
   * Encodes a frame, to be sent later.
   *
   * @returns the bytes of its payload
   */
  encode(first: number, payload: string | Uint8Array, key?: MaskingKey): number {
    const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
    // The writer places the header as for ASCII and moves the text when it turns out longer: never by more than 8 bytes.
    const buffer = Buffer.allocUnsafeSlow(length + maxHeaderSize);
    this.addFrame(buffer.subarray(0, writeFrame(buffer, 0, first, payload, key)));
    return length;
  }

  addFrame(frame: Buffer): void {
    this.entries.push(frame);
    this.length += frame.length;
  }

  addCallback(callback: SendCallback): void {
    this.entries.push(callback);
  }

  addTurn(turn: Turn): void {
    this.entries.push(turn);
  }

  /** Lets go what waits up to the next message in fragments, and returns that one. */
  release(send: (frame: Buffer) => void, whenSent: (callback: SendCallback) => void): Turn | null {
    for (const [index, entry] of this.entries.entries()) {
      if (Buffer.isBuffer(entry)) {
        this.length -= entry.length;
        send(entry);
      } else if (typeof entry === 'function') {
        whenSent(entry);
      } else {
        this.entries = this.entries.slice(index + 1);
        return entry;
      }
    }
    this.entries = [];
    return null;
  }

  /** Nothing of it will be sent. Returns the callbacks that have to be told. */
  cancel(): SendCallback[] {
    const callbacks: SendCallback[] = [];
    for (const entry of this.entries) {
      if (typeof entry === 'function') callbacks.push(entry);
      else if (!Buffer.isBuffer(entry)) entry.cancel();
    }
    return callbacks;
  }
}
