import { InvalidOptionError } from '../protocol/errors';
import { checkInteger, describe } from '../protocol/options';
import type { Direction, Faults } from './faults';
import { Lane } from './lane';
import { LinkEnd } from './link-end';

const client = { address: '127.0.0.1', port: 50_000 };
const server = { address: '127.0.0.1', port: 80 };

/** A client and a server, joined without a network. */
export class Link implements Faults {
  readonly client: LinkEnd;
  readonly server: LinkEnd;
  /** Resolves when both ends are closed. */
  readonly closed: Promise<void>;
  private readonly toServer = new Lane(() => this.server);
  private readonly toClient = new Lane(() => this.client);

  /** @param clientAddress what the server sees as `remoteAddress` */
  constructor(clientAddress: string = client.address) {
    const seen = { ...client, address: clientAddress };
    this.client = new LinkEnd(this, this.toServer, this.toClient, seen, server);
    this.server = new LinkEnd(this, this.toClient, this.toServer, server, seen);
    const ends = [this.client, this.server];
    this.closed = Promise.all(
      ends.map((end) => new Promise<void>((resolve) => end.once('close', () => resolve()))),
    ).then(() => {});
  }

  stall(direction: Direction = 'both'): void {
    for (const lane of this.lanes(direction)) lane.stall();
  }

  resume(direction: Direction = 'both'): void {
    for (const lane of this.lanes(direction)) lane.resume();
  }

  chunk(size: number, direction: Direction = 'both'): void {
    checkInteger('size', size, { min: 1 });
    for (const lane of this.lanes(direction)) lane.chunkSize = size;
  }

  duplicate(direction: Direction = 'both'): void {
    for (const lane of this.lanes(direction)) lane.duplicatesNext = true;
  }

  cut(): void {
    for (const end of [this.client, this.server]) end.destroy(reset());
  }

  vanish(): void {
    this.stall();
    this.client.destroy(reset());
  }

  /** Ends both sides at once, whatever is under way. */
  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }

  private lanes(direction: Direction): Lane[] {
    if (direction === 'both') return [this.toServer, this.toClient];
    if (direction === 'toServer') return [this.toServer];
    if (direction === 'toClient') return [this.toClient];
    throw new InvalidOptionError(`The direction must be 'toServer', 'toClient' or 'both', not ${describe(direction)}`);
  }
}

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
}
