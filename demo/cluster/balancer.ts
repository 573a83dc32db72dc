import { once } from 'node:events';
import net, { type Server, type Socket } from 'node:net';

/** Where a node listens, on this computer. */
export interface Backend {
  /** Undefined while it is not up. */
  readonly port: number | undefined;
}

const nobody =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 1\r\nConnection: close\r\n\r\nNo node is up. Try again.\n';

/**
 * One port in front of several nodes. It passes bytes on and understands only as much of them as it needs to be fair: a
 * connection that begins with a WebSocket goes to the node that has the fewest, others go round. Nothing is sticky.
 */
export class Balancer<Node extends Backend> {
  /** Takes connections; made here, to listen elsewhere. */
  readonly server: Server;
  readonly #nodes: readonly Node[];
  readonly #webSockets = new Map<Node, number>();
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  /** @param changed called when a node has another number of WebSockets */
  constructor(
    nodes: readonly Node[],
    private readonly changed: () => void,
  ) {
    this.#nodes = nodes;
    this.server = net.createServer({ allowHalfOpen: true }, (client) => void this.#take(client));
  }

  /** How many WebSockets go to this node. */
  webSocketsOf(node: Node): number {
    return this.#webSockets.get(node) ?? 0;
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #take(client: Socket): Promise<void> {
    this.#add(client);
    try {
      const [head] = (await once(client, 'data')) as [Buffer];
      client.pause();
      const isWebSocket = /^upgrade: *websocket/im.test(head.toString('latin1'));
      const chosen = await this.#connect(isWebSocket);
      if (chosen === undefined) {
        client.end(nobody);
        return;
      }
      const { node, socket } = chosen;
      socket.write(head);
      pass(client, socket);
      if (isWebSocket) this.#count(node, socket);
    } catch {
      // The browser has gone before it said anything, as browsers do that connect in advance.
      client.destroy();
    }
  }

  /** Connects to the node whose turn it is, or to the next one where that is just dying. */
  async #connect(isWebSocket: boolean): Promise<{ node: Node; socket: Socket } | undefined> {
    for (const node of this.#inTurn(isWebSocket)) {
      const socket = net.connect({ port: node.port!, host: '127.0.0.1', allowHalfOpen: true });
      try {
        await once(socket, 'connect');
      } catch {
        continue;
      }
      this.#add(socket);
      return { node, socket };
    }
    return undefined;
  }

  #inTurn(isWebSocket: boolean): Node[] {
    const turn = this.#turn++ % this.#nodes.length;
    const round = [...this.#nodes.slice(turn), ...this.#nodes.slice(0, turn)].filter(({ port }) => port !== undefined);
    if (!isWebSocket) return round;
    return round.sort((one, other) => this.webSocketsOf(one) - this.webSocketsOf(other));
  }

  #count(node: Node, socket: Socket): void {
    this.#webSockets.set(node, this.webSocketsOf(node) + 1);
    socket.once('close', () => {
      this.#webSockets.set(node, this.webSocketsOf(node) - 1);
      this.changed();
    });
    this.changed();
  }

  #add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** Passes everything on, in both directions, until one end is gone: then the other one gets what is left, and goes, too. */
function pass(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.once('close', () => to.destroySoon());
  }
}
