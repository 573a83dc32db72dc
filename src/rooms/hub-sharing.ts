import type { AdapterError } from '../protocol/errors';
import type { Adapter, AdapterProblem, AdapterStatus, Entry, Envelope, Eventually, LogPage, LogQuery } from './adapter';
import { type Disconnection, disconnectionOf } from './disconnect';
import type { FeedOwner } from './feed';
import { type Publishing, publishTo } from './published';
import { SharedRooms } from './shared-rooms';
import type { ResolvedSharedRoomsOptions } from './shared-rooms-options';

/** What a hub has of whatever joins it with other nodes. */
export interface Sharing {
  /** Of the adapter. */
  readonly status: AdapterStatus;
  /** Somebody is in a room that nobody was in. */
  opened(room: string): void;
  /** Nobody is in a room any more. */
  emptied(room: string): void;
  /** @param settled hears of each room whether its log has it; otherwise the hub hears what fails */
  publish(publishing: Publishing, settled?: (error?: AdapterError) => void): void;
}

/** What a hub does for other nodes. */
export interface SharingHub {
  /** Sends what another node has published to the members here. */
  deliver(publishing: Publishing): void;
  /** Something that was published to this room has not come, and will not. */
  lost(room: string): void;
  disconnectHere(disconnection: Disconnection): void;
  /** The same for connections that need not be in a room. */
  disconnectUserHere(disconnection: Disconnection): void;
  /** What was published has not reached the other nodes. */
  failed(error: AdapterError): void;
  /** The adapter has another status. */
  statusChanged(status: AdapterStatus, problem: AdapterProblem | undefined): void;
}

/**
 * What joins the rooms of a hub with those of other nodes: members here get what is published here at once, and from
 * elsewhere in the order of the log.
 */
export class HubSharing implements Sharing {
  readonly #shared: SharedRooms;
  readonly #hub: SharingHub;
  readonly #adapter: Adapter;

  constructor(options: ResolvedSharedRoomsOptions, hub: SharingHub) {
    this.#hub = hub;
    this.#adapter = options.adapter;
    const onTold = (message: object) => {
      const members = disconnectionOf(message, 'disconnect');
      if (members !== undefined) hub.disconnectHere(members);
      const connections = disconnectionOf(message, 'disconnectUser');
      if (connections !== undefined) hub.disconnectUserHere(connections);
    };
    const onStatus: SharingHub['statusChanged'] = (status, problem) => hub.statusChanged(status, problem);
    this.#shared = new SharedRooms({ ...options, onTold, onStatus });
  }

  get status(): AdapterStatus {
    return this.#adapter.status;
  }

  opened(room: string): void {
    this.#shared.follow(room, new HubFeedOwner(this, room));
  }

  emptied(room: string): void {
    this.#shared.unfollow(room);
  }

  publish(publishing: Publishing, settled = this.#settled): void {
    publishTo(this.#shared, publishing, settled);
  }

  history(room: string, query: LogQuery): Eventually<LogPage> {
    return this.#shared.read(room, query);
  }

  disconnect(disconnection: Disconnection): void {
    this.#shared.tell({ disconnect: disconnection });
  }

  disconnectUser(disconnection: Disconnection): void {
    this.#shared.tell({ disconnectUser: disconnection });
  }

  /** @internal */
  arrived(room: string, envelope: Entry | Envelope): void {
    const { node, data, rooms = [room], key } = envelope;
    if (node === this.#shared.node || (typeof data !== 'string' && !Buffer.isBuffer(data))) return;
    if (!this.#shared.isRepeated(envelope)) this.#hub.deliver({ rooms, payload: data, key });
  }

  /** @internal */
  lost(room: string): void {
    this.#hub.lost(room);
  }

  readonly #settled = (error?: AdapterError): void => {
    if (error !== undefined) this.#hub.failed(error);
  };
}

class HubFeedOwner implements FeedOwner {
  constructor(
    private readonly sharing: HubSharing,
    private readonly room: string,
  ) {}

  entry(entry: Entry): void {
    this.sharing.arrived(this.room, entry);
  }

  published(envelope: Envelope): void {
    this.sharing.arrived(this.room, envelope);
  }

  gap(): void {
    this.sharing.lost(this.room);
  }

  live(): void {}

  presence(): void {}

  /** A hub tells nobody who is in its rooms. */
  presentHere(): null {
    return null;
  }
}
