import { deflate, smallestWindowBits } from './deflate';
import type { DeflateAgreement } from './deflate-negotiation';
import type { DeflateSettings } from './deflate-options';
import { DeflateWindow } from './deflate-window';
import type { MessageExtension, SharedEncoding, SharedMessage } from './extension';
import { inflate } from './inflate';
import type { Role } from './role';
import { compressedBit } from './shared-deflate';

const nothing = Buffer.alloc(0);

/** A dictionary is hashed anew for each message, so that a short one must not pay for a long one. */
const smallestDictionary = 1024;
const dictionaryPerByte = 4;

/** What is kept of what was sent, in bytes, even where all messages are short. */
const smallestWindow = 4096;

/**
 * permessage-deflate (RFC 7692) for one connection. There is no zlib stream behind it: each message is deflated and
 * inflated by one synchronous call, with what went before as dictionary. So there is nothing to close, nothing queues for
 * a thread, and what an idle connection keeps is the last bytes that were said.
 */
export class PerMessageDeflate implements MessageExtension {
  readonly reservedBits = compressedBit;
  effort = 0;
  private readonly sharing: SharedEncoding | null;
  private readonly windowBits: number;
  /** How far back the peer may refer, and we, in bytes; 0 without context takeover. */
  private readonly receiveWindow: number;
  private readonly sendWindow: number;
  private received: DeflateWindow | null = null;
  private sent: DeflateWindow | null = null;
  /** How much of what was sent is worth keeping: more after a long message, and less with every short one. */
  private worth = smallestWindow;
  private midMessage = false;
  private compressing = false;

  /** @param description the agreement as it stands in the header */
  constructor(
    role: Role,
    private readonly settings: DeflateSettings,
    agreement: DeflateAgreement,
    readonly description: string,
  ) {
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = agreement;
    const fromServer = { bits: serverMaxWindowBits, window: serverNoContextTakeover ? 0 : 2 ** serverMaxWindowBits };
    const fromClient = { bits: clientMaxWindowBits, window: clientNoContextTakeover ? 0 : 2 ** clientMaxWindowBits };
    const [own, peer] = role === 'server' ? [fromServer, fromClient] : [fromClient, fromServer];
    this.windowBits = own.bits;
    this.sendWindow = own.window;
    this.receiveWindow = peer.window;
    // Who is asked for less sends messages as they are, as everybody may.
    this.sharing = own.bits < smallestWindowBits ? null : settings.shared(own.bits);
  }

  decode(payload: Buffer, limit: number): Buffer {
    const inflated = inflate(payload, this.received === null ? nothing : this.received.content, limit, this);
    if (this.receiveWindow > 0 && inflated.length > 0) {
      this.received ??= new DeflateWindow();
      this.received.append(inflated, this.receiveWindow);
    }
    return inflated;
  }

  encode(payload: string | Uint8Array, isLast: boolean, wanted: boolean): Buffer | null {
    const isFirst = !this.midMessage;
    this.midMessage = !isLast;
    if (isFirst) this.compressing = wanted && this.sharing !== null && !this.isShort(payload);
    if (!this.compressing) return null;
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    if (bytes.length === 0 && isFirst && isLast) return null;
    const deflated = deflate(bytes, this.dictionaryFor(bytes.length), this.settings.level, this.windowBits, isLast);
    // The receiver's window does not know a message that went as it is (RFC 7692, 7.2.1): nor does ours.
    if (isFirst && isLast && deflated.length >= bytes.length) return null;
    if (this.sendWindow > 0) {
      this.sent ??= new DeflateWindow();
      this.worth = Math.max(smallestWindow, dictionaryPerByte * bytes.length, this.worth - (this.worth >>> 4));
      this.sent.append(bytes, Math.min(this.sendWindow, this.worth));
    }
    return deflated;
  }

  get shared(): SharedEncoding | null {
    // Between two fragments it is too late: what they refer to has been settled.
    return this.midMessage ? null : this.sharing;
  }

  sentShared({ recent }: SharedMessage): void {
    if (this.sendWindow === 0) return;
    this.sent ??= new DeflateWindow();
    this.sent.adopt(recent);
  }

  /** Whether it is below the threshold, measured only where its length in characters does not tell. */
  private isShort(payload: string | Uint8Array): boolean {
    const { threshold } = this.settings;
    if (payload.length >= threshold) return false;
    return typeof payload !== 'string' || payload.length * 3 < threshold || Buffer.byteLength(payload) < threshold;
  }

  private dictionaryFor(length: number): Buffer {
    if (this.sent === null) return nothing;
    const { content } = this.sent;
    const worth = Math.max(smallestDictionary, dictionaryPerByte * length);
    return content.length > worth ? content.subarray(content.length - worth) : content;
  }
}
