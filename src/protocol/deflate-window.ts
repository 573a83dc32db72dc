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

  /** The bytes, oldest first; to be used before the next call. */
  get content(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  /** Takes bytes in, behind the others, and lets go of the oldest but `size`. */
  append(data: Uint8Array, size: number): void {
    const added = data.length > size ? data.subarray(data.length - size) : data;
    const kept = Math.min(this.end - this.start, size - added.length);
    const from = this.end - kept;
    const fits = this.end + added.length <= this.bytes.length && this.bytes.length <= 2 * size;
    if (fits && !this.isShared) this.start = from;
    else this.makeRoom(from, kept, added.length, size);
    this.bytes.set(added, this.end);
    this.end += added.length;
  }

  /** Begins anew with bytes that others use as well, and that nobody will change. */
  adopt(shared: Buffer): void {
    this.bytes = shared;
    this.start = 0;
    this.end = shared.length;
    this.isShared = true;
  }

  private makeRoom(from: number, kept: number, added: number, size: number): void {
    const capacity = Math.min(Math.max(256, 2 * (kept + added)), size + (size >>> 1));
    if (this.isShared || this.bytes.length < capacity || this.bytes.length > 2 * size) {
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
