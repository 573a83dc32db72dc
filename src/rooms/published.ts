import type { AdapterError } from '../protocol/errors';
import type { Draft } from './adapter';
import { type AppendQueue, Pending } from './append-queue';
import type { SharedRooms } from './shared-rooms';

/** Something that a program has published, on its way into the log of a room. */
class Published extends Pending {
  constructor(
    room: string,
    draft: Draft,
    bytes: number,
    private readonly settled: (error?: AdapterError) => void,
  ) {
    super(room, draft, bytes);
  }

  override appended(): void {
    this.settled();
  }

  override failed(error: AdapterError): void {
    this.settled(error);
  }
}

/** What goes to one or several rooms, as their hub sends it. */
export interface Publishing {
  readonly rooms: readonly string[];
  readonly payload: string | Buffer;
  /** What it is about; see `PublishOptions`. */
  readonly key?: string | undefined;
}

/**
 * @param settled hears of each room whether the broker has it
 * @param queue that of the logs, or that of what is not kept
 */
export function publishTo(
  shared: SharedRooms,
  { rooms, payload, key }: Publishing,
  settled: (error?: AdapterError) => void,
  queue: AppendQueue = shared.queue,
): void {
  // Bytes are the publisher's, who may change them afterwards.
  const data = typeof payload === 'string' ? payload : Buffer.from(payload);
  const draft = shared.draft(data, key === undefined ? { rooms } : { rooms, key });
  for (const room of rooms) {
    const refusal = queue.add(new Published(room, draft, data.length, settled));
    if (refusal !== undefined) settled(refusal);
  }
}
