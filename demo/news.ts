import type { Adapter, Hub, Rooms, WebSocketConnection } from 'switchboard';

/** The room of the hub in which everybody hears what the nodes say of themselves. */
const audience = 'news of the nodes';

/** Milliseconds after which a node says again that it is there. Pages count on hearing it: see public/nodes.mjs. */
const repeatAfter = 1000;

/**
 * Tells every tab, on whatever node it is, how things are on this node: which rooms are open here and how many are in each,
 * whose tabs there are, and whether the broker answers. A page adds up what it hears.
 */
export class NodeNews {
  readonly #hub: Hub;
  readonly #node: number | undefined;
  readonly #adapter: Adapter | undefined;
  /** By room, the connections of each member that are on this node. */
  readonly #rooms = new Map<string, Map<string, number>>();
  readonly #tabs = new Set<WebSocketConnection>();
  readonly #timer: NodeJS.Timeout;
  #isDue = false;
  #isClosed = false;

  /**
   * @param hub shared by all nodes
   * @param node this one's number; undefined where it is the only one
   */
  constructor(hub: Hub, chat: Rooms, node: number | undefined, adapter: Adapter | undefined) {
    this.#hub = hub;
    this.#node = node;
    this.#adapter = adapter;
    chat.on('join', (_socket, room, { id }) => this.#count(room, id, 1));
    chat.on('leave', (_socket, room, { id }) => this.#count(room, id, -1));
    adapter?.on('status', () => this.#publishSoon());
    this.#timer = setInterval(() => this.#publish(), repeatAfter).unref();
  }

  /** Tells a tab that has come, from now on. */
  tell(socket: WebSocketConnection): void {
    this.#tabs.add(socket);
    socket.on('close', () => {
      this.#tabs.delete(socket);
      this.#publishSoon();
    });
    socket.join(audience);
    socket.send(JSON.stringify(this.#now()));
    this.#publishSoon();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
  }

  #count(room: string, member: string, change: 1 | -1): void {
    const members = this.#rooms.get(room) ?? new Map<string, number>();
    const connections = (members.get(member) ?? 0) + change;
    if (connections > 0) members.set(member, connections);
    else members.delete(member);
    if (members.size > 0) this.#rooms.set(room, members);
    else this.#rooms.delete(room);
    this.#publishSoon();
  }

  /** Many things change at once when many tabs come back. */
  #publishSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => this.#publish(), 50).unref();
  }

  #publish(): void {
    this.#isDue = false;
    if (!this.#isClosed) this.#hub.to(audience).publish(this.#now());
  }

  #now(): object {
    const rooms = Array.from(this.#rooms, ([name, { size }]) => ({ name, count: size }));
    // The chat has made somebody a user when it has the connection.
    const tabs = Array.from(this.#tabs, ({ user }) => user);
    return { type: 'node', node: this.#node, broker: this.#adapter?.status, tabs, rooms };
  }
}
