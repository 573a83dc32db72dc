import { Duplex } from 'node:stream';
import type { Faults } from './faults';
import type { Lane } from './lane';

/** What a link's ends say of themselves when they are asked as sockets are. */
export interface LinkAddress {
  readonly address: string;
  readonly port: number;
}

/** As in Node 20; later ones hold four times as much, and a stalled peer would be noticed later. */
const highWaterMark = 16 * 1024;

/** One end of a link in memory, with what node:http, Express and middleware ask of a socket. */
export class LinkEnd extends Duplex {
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(
    /** @internal */
    readonly link: Faults,
    private readonly outward: Lane,
    private readonly inward: Lane,
    private readonly local: LinkAddress,
    private readonly remote: LinkAddress,
  ) {
    super({ highWaterMark });
  }

  get remoteAddress(): string | undefined {
    return this.destroyed ? undefined : this.remote.address;
  }
  get remotePort(): number | undefined {
    return this.destroyed ? undefined : this.remote.port;
  }
  get remoteFamily(): string | undefined {
    return this.destroyed ? undefined : familyOf(this.remote);
  }
  get localAddress(): string {
    return this.local.address;
  }
  get localPort(): number {
    return this.local.port;
  }
  get localFamily(): string {
    return familyOf(this.local);
  }

  address(): { address: string; family: string; port: number } {
    return { ...this.local, family: familyOf(this.local) };
  }

  override _read(): void {
    this.inward.readerWantsMore();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.idleTimer?.refresh();
    this.outward.write(chunk, callback);
  }

  override _final(callback: () => void): void {
    this.outward.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.idleTimer);
    this.outward.end();
    // Nobody reads any more: what the other end still writes goes nowhere, but it must not wait for ever.
    this.inward.readerWantsMore();
    callback(error);
  }

  override push(chunk: Buffer | null): boolean {
    this.idleTimer?.refresh();
    return super.push(chunk);
  }

  /** As node:net has it: destroys the socket when all is written. node:http calls it behind the last response. */
  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }

  /** As node:net has it: `'timeout'` after so many milliseconds without a byte; 0 for none. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    clearTimeout(this.idleTimer);
    this.idleTimer = undefined;
    if (callback !== undefined) this.once('timeout', callback);
    if (milliseconds > 0 && !this.destroyed) {
      this.idleTimer = setTimeout(() => this.emit('timeout'), milliseconds).unref();
    }
    return this;
  }

  /** Nothing is ever held back here. */
  setNoDelay(): this {
    return this;
  }

  /** There is nothing to keep alive. */
  setKeepAlive(): this {
    return this;
  }

  /** It never keeps the process. */
  ref(): this {
    return this;
  }

  /** The same. */
  unref(): this {
    return this;
  }
}

function familyOf({ address }: LinkAddress): string {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
