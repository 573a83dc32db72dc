/** Bytes that a client may send before it has its answer. RFC 6455, section 4.1, has it send none. */
const maxOfOne = 64 * 1024;

/** The same for all clients of the process together. */
const maxOfAll = 16 * 1024 * 1024;

/** Room for the first of them, in bytes. */
const smallest = 128;

let ofAll = 0;

const none = Buffer.alloc(0);

/**
 * What a client sends before it has its answer, in one piece: kept chunk by chunk, a byte that came alone would cost some
 * hundreds.
 */
export class EarlyBytes {
  length = 0;
  private bytes = none;

  add(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(smallest, 2 * this.length, length));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.length);
    this.length = length;
    ofAll += chunk.length;
  }

  /** Why there are too many; undefined while there are not. */
  get problem(): string | undefined {
    if (this.length > maxOfOne)
      return `A client has sent more than ${maxOfOne} bytes before its opening handshake was answered`;
    if (this.length === 0 || ofAll <= maxOfAll) return undefined;
    return `Clients have sent this server more than ${maxOfAll} bytes before their opening handshakes were answered`;
  }

  /** Forgets them. @returns what has come since it was made, or taken last */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length);
    ofAll -= this.length;
    this.length = 0;
    this.bytes = none;
    return taken;
  }
}
