const none = Buffer.alloc(0);

/**
 * The last bytes that went one way, which later messages may refer to (RFC 7692, section 7.2: context takeover). Keeping
 * them is what replaces a zlib stream for each connection; they grow with what was said, up to one and a half windows.
 */
export class DeflateWindow {
  private bytes: Buffer = none;
  private start = 0;
  private end = 0;
  /** Others look at the same bytes: they must not be written. */
  private isShared = false;

  /** @param size bytes that it looks back */
  constructor(private readonly size: number) {}

  /** The bytes, oldest first; to be used before the next call. */
  get content(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  /** Takes bytes in, behind the others, and lets go of the oldest. */
  append(data: Uint8Array): void {
    const added = data.length > this.size ? data.subarray(data.length - this.size) : data;
    const kept = Math.min(this.end - this.start, this.size - added.length);
    const from = this.end - kept;
    if (this.isShared || this.end + added.length > this.bytes.length) this.makeRoom(from, kept, added.length);
    else this.start = from;
    this.bytes.set(added, this.end);
    this.end += added.length;
  }

  /** Begins anew with bytes that others use as well, and that nobody will change. */
  adopt(shared: Buffer): void {
    this.bytes = shared;
    this.start = Math.max(0, shared.length - this.size);
    this.end = shared.length;
    this.isShared = true;
  }

  private makeRoom(from: number, kept: number, added: number): void {
    const needed = kept + added;
    const capacity = Math.min(Math.max(256, 2 * needed), this.size + (this.size >>> 1));
    if (this.isShared || this.bytes.length < capacity) {
      const larger = Buffer.allocUnsafeSlow(capacity);
      this.bytes.copy(larger, 0, from, this.end);
      this.bytes = larger;
      this.isShared = false;
    } else {
      this.bytes.copyWithin(0, from, this.end);
    }
    this.start = 0;
    this.end = kept;
  }
}
