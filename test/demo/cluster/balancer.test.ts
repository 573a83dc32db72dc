import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { WebSocket } from 'undici';
import { Balancer } from '../../../demo/cluster/balancer';
import { WebSocketHandshake } from '../../../src';

/** A node that says its name on every page, and greets every WebSocket with it. */
class FakeNode {
  port: number | undefined;
  readonly #server: http.Server;

  constructor(readonly name: string) {
    this.#server = http.createServer((_request, response) => response.end(name));
    this.#server.on('upgrade', (request, socket) => {
      socket.write(WebSocketHandshake.buildAcceptResponse(request.headers['sec-websocket-key']!));
      socket.write(Buffer.concat([Buffer.from([0x81, name.length]), Buffer.from(name)]));
      socket.on('error', () => {});
      // Whatever comes is the end of it.
      socket.once('data', () => socket.end());
      socket.once('end', () => socket.end());
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  /** As a node that was killed: who still has its port is refused. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

describe('balancer of the demo', () => {
  const nodes = ['A', 'B', 'C'].map((name) => new FakeNode(name));
  let balancer: Balancer<FakeNode>;
  let origin: string;
  let changed: () => void;

  beforeEach(async () => {
    changed = () => {};
    await Promise.all(nodes.map((node) => node.start()));
    balancer = new Balancer(nodes, () => changed());
    balancer.server.listen(0, '127.0.0.1');
    await once(balancer.server, 'listening');
    origin = `127.0.0.1:${(balancer.server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    balancer.server.close();
    balancer.cut();
    await Promise.all(nodes.map((node) => node.stop()));
  });

  /** One page, by a connection of its own. */
  async function page(): Promise<{ status: number | undefined; text: string }> {
    const request = http.get(`http://${origin}/`, { agent: false });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode, text };
  }

  async function open(): Promise<{ socket: WebSocket; node: string }> {
    const socket = new WebSocket(`ws://${origin}/`);
    const node = await new Promise<string>((resolve, reject) => {
      socket.addEventListener('message', ({ data }) => resolve(String(data)));
      socket.addEventListener('error', () => reject(new Error('no connection')));
    });
    return { socket, node };
  }

  const counts = () => nodes.map((node) => balancer.webSocketsOf(node));

  it('gives pages to one node after the other', async () => {
    const texts = [];
    for (let times = 0; times < 4; times++) texts.push((await page()).text);
    expect(texts).to.deep.equal(['A', 'B', 'C', 'A']);
  });

  it('gives a WebSocket to the node that has the fewest, and counts them', async () => {
    const first = [await open(), await open(), await open()];
    expect(first.map(({ node }) => node).sort()).to.deep.equal(['A', 'B', 'C']);
    await page();
    const fourth = await open();
    expect(counts().reduce((sum, count) => sum + count)).to.equal(4);
    const alone = first.find(({ node }) => node !== fourth.node)!;
    const isClosed = new Promise<void>((resolve) => {
      changed = resolve;
    });
    alone.socket.close();
    await isClosed;
    expect((await open()).node).to.equal(alone.node);
  });

  it('passes over a node that is down, or is about to be found so', async () => {
    await nodes[0]!.stop();
    for (let times = 0; times < 3; times++) expect((await page()).text).to.be.oneOf(['B', 'C']);
    nodes[1]!.port = undefined;
    expect([(await open()).node, (await page()).text]).to.deep.equal(['C', 'C']);
  });

  it('answers in words when no node is up', async () => {
    for (const node of nodes) node.port = undefined;
    expect(await page()).to.deep.equal({ status: 503, text: 'No node is up. Try again.\n' });
  });
});
