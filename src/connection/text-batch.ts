import { frameHeaderSize, framePayloadSize } from '../protocol/frame-header';
import { writeFrame } from '../protocol/frame-writer';
import { finalText } from '../protocol/short-messages';
import { writeLatin1 } from '../protocol/utf8';

/** In UTF-16 units: as ASCII it has a length of one byte in its header. */
export const longestShortText = 125;

/** Of a text of so many units, in bytes. */
const longestHeader = frameHeaderSize(longestShortText * 3, false);

/** From so many messages on it pays to make one string of them. */
const joinFrom = 4;

/** What gathers short text messages. */
interface TextOwner {
  /** Takes what was gathered out of the batch, because somebody else wants it. */
  encodeTexts(): void;
}

/** The header of a short text message of a server, as a string of the same bytes. */
const headers = Array.from({ length: longestShortText + 1 }, (_, length) => String.fromCharCode(finalText, length));

/**
 * Short text messages of one connection that follow each other, not encoded yet. To encode a short string by itself costs
 * mainly the call: all of them together are encoded by one. There is one batch for all connections; whoever has something
 * in it owns it.
 */
class TextBatch {
  owner: TextOwner | null = null;
  /** Bytes of the payloads that `encode` has encoded last. */
  encoded = 0;
  private readonly texts: string[] = new Array(32).fill('');
  private count = 0;
  private units = 0;

  get isFull(): boolean {
    return this.count === this.texts.length;
  }

  /** Bytes of the frames, where all of the texts are ASCII. */
  get length(): number {
    return this.units + this.count * 2;
  }

  /** The most bytes that the frames can take: what is not ASCII may also need a longer header. */
  get bound(): number {
    return this.units * 3 + this.count * longestHeader;
  }

  add(owner: TextOwner, text: string): void {
    if (this.owner !== owner) {
      this.owner?.encodeTexts();
      this.owner = owner;
    }
    this.texts[this.count++] = text;
    this.units += text.length;
  }

  /** Encodes all, as one frame each, into `target`, which has `bound` bytes left behind `at`; returns the index behind them. */
  encode(target: Buffer, at: number): number {
    const end = this.count < joinFrom ? this.encodeEach(target, at) : this.encodeTogether(target, at);
    this.clear();
    return end;
  }

  clear(): void {
    this.owner = null;
    // A short string may be a part of a long one, and would keep it.
    this.texts.fill('', 0, this.count);
    this.count = 0;
    this.units = 0;
  }

  private encodeEach(target: Buffer, from: number): number {
    let at = from;
    this.encoded = 0;
    for (let i = 0; i < this.count; i++) {
      const end = writeFrame(target, at, finalText, this.texts[i]!);
      this.encoded += framePayloadSize(end - at, false);
      at = end;
    }
    return at;
  }

  /** As Latin-1, which ASCII is a part of, so that the headers can stand between the texts. */
  private encodeTogether(target: Buffer, at: number): number {
    let frames = '';
    for (let i = 0; i < this.count; i++) {
      const text = this.texts[i]!;
      frames += headers[text.length]! + text;
    }
    // In UTF-8 the first byte of a header takes two, and so does, at least, whatever is not ASCII.
    const isAscii = Buffer.byteLength(frames) === frames.length + this.count;
    if (!isAscii) return this.encodeEach(target, at);
    this.encoded = this.units;
    return at + writeLatin1(target, at, frames);
  }
}

export const textBatch = new TextBatch();
