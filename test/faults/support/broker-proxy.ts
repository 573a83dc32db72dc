import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Stands between one node and its broker, and does to their connections what a bad network does. It starts as a good one.
 */
export class BrokerProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #weather: Weather = { delay: 0, held: false };
  #refusing = false;

  private constructor(server: Server, brokerPort: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client: Socket) => {
      if (this.#refusing) {
        client.resetAndDestroy();
        return;
      }
      const link = new Link(client, brokerPort, this.#weather, () => this.#links.delete(link));
      this.#links.add(link);
    });
  }

  static async open(brokerPort: number): Promise<BrokerProxy> {
    // What has been read to its end can still be written to: the proxy ends nothing by itself.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BrokerProxy(server, brokerPort);
  }

  /** Everything arrives so many milliseconds later, each way. */
  delay(milliseconds: number): void {
    this.#weather.delay = milliseconds;
  }

  /**
   * A partition: nothing arrives any more, the end of a connection neither, and nobody is told. As with packets that are
   * dropped, what was sent meanwhile comes when it is over, because TCP repeats it; new connections come to nothing until then.
   */
  hold(): void {
    this.#weather.held = true;
    for (const link of this.#links) link.hold();
  }

  /** Resets all connections, and refuses new ones. */
  cut(): void {
    this.#refusing = true;
    for (const link of this.#links) link.reset();
  }

  /** A good network again. */
  heal(): void {
    this.#refusing = false;
    this.#weather.held = false;
    this.#weather.delay = 0;
    for (const link of this.#links) link.release();
  }

  /** How many connections go through it. */
  get connections(): number {
    return this.#links.size;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const link of this.#links) link.reset();
    await once(this.#server, 'close');
  }
}

interface Weather {
  delay: number;
  held: boolean;
}

/** One connection of the node, and the one to the broker that continues it. */
class Link {
  readonly #client: Socket;
  readonly #weather: Weather;
  readonly #brokerPort: number;
  readonly #ended: () => void;
  #broker: Socket | undefined;
  #streams: readonly OneWay[] = [];

  constructor(client: Socket, brokerPort: number, weather: Weather, ended: () => void) {
    this.#client = client;
    this.#brokerPort = brokerPort;
    this.#weather = weather;
    this.#ended = ended;
    client.on('error', () => {});
    // While it is held the node may have given it up: that is seen when reading goes on.
    if (!weather.held) this.#continue();
  }

  hold(): void {
    for (const stream of this.#streams) stream.hold();
  }

  release(): void {
    if (this.#broker === undefined) this.#continue();
    for (const stream of this.#streams) stream.release();
  }

  reset(): void {
    for (const stream of this.#streams) stream.stop();
    if (!this.#client.destroyed) this.#client.resetAndDestroy();
    if (this.#broker !== undefined && !this.#broker.destroyed) this.#broker.resetAndDestroy();
    this.#ended();
  }

  #continue(): void {
    if (this.#client.destroyed) {
      this.#ended();
      return;
    }
    const broker = connect({ port: this.#brokerPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#broker = broker;
    broker.on('error', () => {});
    let open = 2;
    const closed = () => {
      if (--open === 0) this.#ended();
    };
    this.#streams = [
      new OneWay(this.#client, broker, this.#weather, closed),
      new OneWay(broker, this.#client, this.#weather, closed),
    ];
  }
}

/** A chunk, or, with null, the end, and when it is due. */
interface Parcel {
  readonly due: number;
  readonly chunk: Buffer | null;
}

/** What goes from one end to the other. */
class OneWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: Weather;
  readonly #parcels: Parcel[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, weather: Weather, closed: () => void) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => this.#take(null));
    from.on('close', () => {
      this.#take(null);
      closed();
    });
    from.resume();
  }

  hold(): void {
    clearTimeout(this.#timer);
    this.#from.pause();
  }

  release(): void {
    this.#from.resume();
    this.#pass();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#parcels.length = 0;
  }

  #take(chunk: Buffer | null): void {
    this.#parcels.push({ due: performance.now() + this.#weather.delay, chunk });
    this.#pass();
  }

  #pass(): void {
    clearTimeout(this.#timer);
    if (this.#weather.held) return;
    const now = performance.now();
    for (let next = this.#parcels[0]; next !== undefined; next = this.#parcels[0]) {
      if (next.due > now) {
        this.#timer = setTimeout(() => this.#pass(), next.due - now);
        return;
      }
      this.#parcels.shift();
      if (next.chunk === null) this.#end();
      else this.#to.write(next.chunk);
    }
  }

  /** A side that broke off breaks off at the other; one that has only said its last word may still be answered. */
  #end(): void {
    if (this.#from.destroyed && !this.#from.readableEnded) this.#to.destroy();
    else this.#to.end();
  }
}
