import { readClosePayload } from '../protocol/close-payload';
import { FrameHeader, maxControlPayload, maxHeaderSize, readFrameHeader } from '../protocol/frame-header';
import { applyMask } from '../protocol/mask';
import { isControl, Opcode, opcodeName } from '../protocol/opcode';
import { safeJson } from '../protocol/unprintable';
import { validUtf8Until } from '../protocol/utf8';

/** Of the payload of a data frame so many bytes are shown. */
const shownOfData = 64;

/** Writes the frames that go one way, one line each, as soon as enough of a frame has passed. It keeps no payload. */
export class FrameLog {
  /** The header of a frame, as far as it has come, or the payload that will be shown. */
  #kept: Buffer = Buffer.alloc(0);
  readonly #header = new FrameHeader();
  /** Bytes of the frame in progress that are still to come; -1 in a header. */
  #left = -1;
  #isToldOf = true;
  /** Of the message in progress. */
  #opcode = 0;
  #isCompressed = false;
  #isBroken = false;

  /** @param name how each line begins: whose frames they are, and which way they go */
  constructor(
    private readonly name: string,
    private readonly write: (line: string) => void,
  ) {}

  /** These bytes pass; they are not changed. */
  pass(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#isBroken)
      at = this.#left < 0 ? this.#readHeader(bytes, at) : this.#skip(bytes, at);
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    const before = this.#kept.length;
    const head = Buffer.concat([this.#kept, bytes.subarray(at, at + maxHeaderSize - before)]);
    try {
      if (!readFrameHeader(this.#header, head, 0, head.length, undefined, 0x70)) {
        this.#kept = head;
        return at + head.length - before;
      }
    } catch (error) {
      this.#isBroken = true;
      this.write(`${this.name} no frame: ${(error as Error).message}`);
      return bytes.length;
    }
    this.#kept = Buffer.alloc(0);
    this.#left = this.#header.length;
    this.#isToldOf = false;
    if (this.#left === 0) {
      this.#tell();
      this.#left = -1;
    }
    return at + this.#header.size - before;
  }

  #skip(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    if (!this.#isToldOf) {
      const shown = isControl(this.#header.opcode) ? maxControlPayload : shownOfData;
      const wanted = bytes.subarray(at, at + Math.min(count, shown - this.#kept.length));
      this.#kept = Buffer.concat([this.#kept, wanted]);
      if (count === this.#left || this.#kept.length === shown) this.#tell();
    }
    this.#left -= count;
    if (this.#left === 0) this.#left = -1;
    return at + count;
  }

  #tell(): void {
    const { fin, rsv, opcode, masked, key, length } = this.#header;
    const payload = this.#kept;
    this.#kept = Buffer.alloc(0);
    this.#isToldOf = true;
    if (masked) applyMask(payload, 0, payload.length, key);
    if (opcode === Opcode.Text || opcode === Opcode.Binary) {
      this.#opcode = opcode;
      this.#isCompressed = (rsv & 0x40) !== 0;
    }
    const words = [this.name, opcodeName(opcode)];
    if (fin) words.push('fin');
    for (const [bit, name] of bits) if ((rsv & bit) !== 0) words.push(name);
    if (masked) words.push('masked');
    words.push(length === 1 ? '1 byte' : `${length} bytes`);
    if (length > 0) words.push(this.#show(opcode, payload) + (length > payload.length ? ' …' : ''));
    this.write(words.join(' '));
  }

  #show(opcode: number, payload: Buffer): string {
    if (opcode === Opcode.Close) return showClose(payload);
    const isText =
      opcode === Opcode.Ping || opcode === Opcode.Pong || (this.#opcode === Opcode.Text && !this.#isCompressed);
    return isText ? showText(payload) : payload.toString('hex');
  }
}

const bits = [
  [0x40, 'rsv1'],
  [0x20, 'rsv2'],
  [0x10, 'rsv3'],
] as const;

/** In quotes, where it is text as far as it is shown: otherwise its bytes. */
function showText(payload: Buffer): string {
  const until = validUtf8Until(payload, 0, payload.length);
  return until === -1 ? payload.toString('hex') : safeJson(payload.toString('utf8', 0, until));
}

function showClose(payload: Buffer): string {
  try {
    const { code, reason } = readClosePayload(payload);
    return reason === '' ? String(code) : `${code} ${safeJson(reason)}`;
  } catch {
    return payload.toString('hex');
  }
}
