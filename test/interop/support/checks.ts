/**
 * What every client with the WebSocket interface of browsers must see of our server: browsers run this file as it is, with
 * its types taken out, and tests run it with the classes that Node programs use. So it imports nothing.
 */

/** The part of a browser's WebSocket that the checks use. */
export interface BrowserSocket {
  binaryType: string;
  readonly protocol: string;
  readonly extensions: string;
  readonly bufferedAmount: number;
  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
}

/** All that events of a WebSocket may carry. */
interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly wasClean?: boolean;
}

export type BrowserSocketClass = new (url: string, protocols?: string[]) => BrowserSocket;

/** Where the checks run. */
export interface CheckSite {
  readonly WebSocket: BrowserSocketClass;
  /** The server, `ws://127.0.0.1:1234`. */
  readonly url: string;
}

export interface CheckResult {
  readonly name: string;
  /** What went wrong, or null. */
  readonly failure: string | null;
}

export type Checks = Record<string, (site: CheckSite) => Promise<void>>;

/** Lengths on both sides of every change of a frame's header (RFC 6455, 5.2), and the largest message by default. */
const sizes = [0, 1, 125, 126, 65_535, 65_536, 1024 * 1024];

const texts = {
  'several scripts': 'Grüße, Ωmega, привет, こんにちは, שלום',
  'beyond the basic plane': '😀👩‍👩‍👧‍👦𝄞'.repeat(100),
  'a zero, a byte order mark and noncharacters': '\u0000\ufeff\ufffe\uffff\u{10ffff}',
  'combining marks, not normalised': 'e\u0301 \u00e9 \u1e9b\u0323',
};

/** An open WebSocket, or one that never opened, and all that it has received. */
class Peer {
  readonly closed: Promise<{ code: number; reason: string; wasClean: boolean }>;
  readonly opened: Promise<boolean>;
  private readonly received: unknown[] = [];
  private wake = () => {};
  private ended = false;

  constructor(readonly socket: BrowserSocket) {
    socket.binaryType = 'arraybuffer';
    this.opened = new Promise((resolve) => {
      socket.addEventListener('open', () => resolve(true));
      socket.addEventListener('close', () => resolve(false));
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code = 0, reason = '', wasClean = false }) => {
        this.ended = true;
        this.wake();
        resolve({ code, reason, wasClean });
      });
    });
    socket.addEventListener('error', () => {});
    socket.addEventListener('message', ({ data }) => {
      this.received.push(data);
      this.wake();
    });
  }

  static async open({ WebSocket, url }: CheckSite, path: string, protocols?: string[]): Promise<Peer> {
    const peer = new Peer(new WebSocket(url + path, protocols));
    if (!(await peer.opened)) throw new Error(`${path} was refused`);
    return peer;
  }

  async next(): Promise<unknown> {
    while (this.received.length === 0) {
      if (this.ended) throw new Error('The connection was closed before a message came');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.received.shift();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** For messages: a million characters are no help in an error. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 200 ? text : `${text.slice(0, 200)}… (${text.length} characters)`;
}

function equal(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(`${what}: ${shown(actual)} instead of ${shown(expected)}`);
}

const pattern = Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return pattern.slice(0, size);
}

function sameBytes(actual: unknown, expected: Uint8Array, what: string): void {
  // Not `instanceof ArrayBuffer`: it may come from another realm.
  const bytes = new Uint8Array(actual as ArrayBuffer);
  equal(bytes.length, expected.length, `${what}, length`);
  const wrong = expected.findIndex((byte, index) => byte !== bytes[index]);
  equal(wrong, -1, `${what}, first wrong byte`);
}

/** The bytes that the server has read and written on this connection so far. */
async function wire(peer: Peer): Promise<{ read: number; written: number }> {
  peer.socket.send('wire?');
  return JSON.parse(String(await peer.next()));
}

/** Echoes `text` and returns what that cost on the wire, each way. */
async function echoCost(peer: Peer, text: string): Promise<{ read: number; written: number }> {
  const before = await wire(peer);
  peer.socket.send(text);
  equal(await peer.next(), text, 'echo');
  const after = await wire(peer);
  return { read: after.read - before.read, written: after.written - before.written };
}

/** How the connection with this id ended for the server. */
async function closureAtServer(site: CheckSite, id: string): Promise<{ code: number; initiator: string }> {
  const peer = await Peer.open(site, `/closure?of=${id}`);
  const closure = JSON.parse(String(await peer.next()));
  await peer.close();
  return closure;
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join('');
}

const repetitive = JSON.stringify(Array.from({ length: 2_000 }, (_, id) => ({ id, name: 'somebody', online: true })));

/** What holds with and without compression. */
export const commonChecks: Checks = {
  'text of every length': async (site) => {
    const peer = await Peer.open(site, '/echo');
    for (const size of sizes) {
      const text = 'x'.repeat(size);
      peer.socket.send(text);
      equal(await peer.next(), text, `${size} bytes of text`);
    }
    await peer.close();
  },

  'binary of every length': async (site) => {
    const peer = await Peer.open(site, '/echo');
    for (const size of sizes) {
      const bytes = bytesOf(size);
      peer.socket.send(bytes);
      sameBytes(await peer.next(), bytes, `${size} bytes of binary`);
    }
    await peer.close();
  },

  'Unicode, unchanged': async (site) => {
    const peer = await Peer.open(site, '/echo');
    for (const [what, text] of Object.entries(texts)) {
      peer.socket.send(text);
      equal(await peer.next(), text, what);
    }
    await peer.close();
  },

  'binaryType blob, and a Blob sent': async (site) => {
    const peer = await Peer.open(site, '/echo');
    peer.socket.binaryType = 'blob';
    peer.socket.send(new Blob([bytesOf(300)]));
    sameBytes(await ((await peer.next()) as Blob).arrayBuffer(), bytesOf(300), 'blob');
    await peer.close();
  },

  '1,000 messages there and back, in order': async (site) => {
    const peer = await Peer.open(site, '/echo');
    for (let index = 0; index < 1_000; index++) peer.socket.send(index % 2 ? `message ${index}` : bytesOf(index));
    for (let index = 0; index < 1_000; index++) {
      const data = await peer.next();
      if (index % 2) equal(data, `message ${index}`, 'order');
      else sameBytes(data, bytesOf(index), `message ${index}`);
    }
    await peer.close();
  },

  '1,000 messages from the server, in order': async (site) => {
    const peer = await Peer.open(site, '/burst?count=1000');
    for (let index = 0; index < 1_000; index++) equal(await peer.next(), `message ${index}`, 'order');
    await peer.close();
  },

  'fragments from the server, with pings between them': async (site) => {
    const peer = await Peer.open(site, '/fragments');
    equal(await peer.next(), 'Grüße aus drei Stücken', 'text in fragments, cut inside a character');
    sameBytes(await peer.next(), bytesOf(70_000), 'binary in fragments');
    await peer.close();
  },

  'a ping is answered': async (site) => {
    const peer = await Peer.open(site, '/ping');
    equal(typeof JSON.parse(String(await peer.next())), 'number', 'latency');
    await peer.close();
  },

  'the client closes, with code and reason': async (site) => {
    const reason = 'ü'.repeat(61);
    for (const [code, words] of [
      [1000, 'done'],
      [3000, ''],
      [4999, reason],
    ] as const) {
      const id = newId();
      const peer = await Peer.open(site, `/echo?id=${id}`);
      peer.socket.close(code, words);
      equal(await peer.closed, { code, reason: words, wasClean: true }, 'close event');
      equal(await closureAtServer(site, id), { code, reason: words, initiator: 'remote' }, 'closure at the server');
    }
  },

  'the client closes without a code': async (site) => {
    const id = newId();
    const peer = await Peer.open(site, `/echo?id=${id}`);
    peer.socket.close();
    equal((await peer.closed).wasClean, true, 'clean');
    equal(await closureAtServer(site, id), { code: 1005, reason: '', initiator: 'remote' }, 'closure at the server');
  },

  'the server closes, with code and reason': async (site) => {
    const cases: Array<[number, string]> = [
      [1000, 'done'],
      [1001, ''],
      [1008, 'Règles'],
      [1011, 'x'.repeat(123)],
      [4000, 'mine'],
    ];
    for (const [code, reason] of cases) {
      const id = newId();
      const peer = await Peer.open(site, `/close?code=${code}&reason=${encodeURIComponent(reason)}&id=${id}`);
      equal(await peer.closed, { code, reason, wasClean: true }, 'close event');
      const closure = await closureAtServer(site, id);
      // The code is echoed; not everybody echoes the reason, and nobody has to (RFC 6455, 5.5.1).
      equal([closure.code, closure.initiator], [code, 'local'], 'closure at the server');
    }
  },

  'the server closes without a code': async (site) => {
    const peer = await Peer.open(site, '/close');
    equal(await peer.closed, { code: 1005, reason: '', wasClean: true }, 'close event');
  },

  'what the server sends before it closes arrives': async (site) => {
    const peer = await Peer.open(site, '/burst?count=100&then=close');
    for (let index = 0; index < 100; index++) equal(await peer.next(), `message ${index}`, 'order');
    equal(await peer.closed, { code: 1000, reason: '', wasClean: true }, 'close event');
  },

  'the server cuts the connection': async (site) => {
    const peer = await Peer.open(site, '/cut');
    // Not before: Firefox does not call it open when the end comes with the 101.
    peer.socket.send('cut');
    equal(await peer.closed, { code: 1006, reason: '', wasClean: false }, 'close event');
  },

  'a message that is too big is refused with 1009': async (site) => {
    const peer = await Peer.open(site, '/small');
    peer.socket.send('x'.repeat(1_025));
    const { code } = await peer.closed;
    equal(code, 1009, 'code');
  },

  'a subprotocol is chosen, in the order of the offer': async (site) => {
    for (const offer of [['chat.v1'], ['unknown', 'chat.v2', 'chat.v1']]) {
      const peer = await Peer.open(site, '/echo', offer);
      equal(
        peer.socket.protocol,
        offer.find((name) => name.startsWith('chat')),
        'protocol',
      );
      await peer.close();
    }
    const peer = await Peer.open(site, '/echo');
    equal(peer.socket.protocol, '', 'protocol that nobody asked for');
    await peer.close();
  },

  'no subprotocol is chosen where none fits': async ({ WebSocket, url }) => {
    const peer = new Peer(new WebSocket(`${url}/echo`, ['unknown']));
    // The WebSocket standard has clients fail then; RFC 6455 does not, and Firefox opens.
    if (await peer.opened) {
      equal(peer.socket.protocol, '', 'protocol');
      await peer.close();
    } else equal((await peer.closed).code, 1006, 'code');
  },

  'a refused handshake never opens': async ({ WebSocket, url }) => {
    for (const path of ['/guarded', '/nowhere', '/page']) {
      const peer = new Peer(new WebSocket(url + path));
      equal(await peer.opened, false, `${path} opened`);
      const { code, wasClean } = await peer.closed;
      equal({ code, wasClean }, { code: 1006, wasClean: false }, `close event of ${path}`);
    }
  },
};

/** For a server without compression. */
export const plainChecks: Checks = {
  'no extension is agreed, and messages go as they are': async (site) => {
    const peer = await Peer.open(site, '/wire');
    equal(peer.socket.extensions, '', 'extensions');
    const { read, written } = await echoCost(peer, repetitive);
    if (Math.min(read, written) < repetitive.length) throw new Error(`only ${read} and ${written} bytes on the wire`);
    await peer.close();
  },
};

/** For a server that compresses whatever it sends. */
export const deflateChecks: Checks = {
  'compression is agreed, and saves nine tenths of what the server sends': async (site) => {
    const peer = await Peer.open(site, '/wire');
    equal(peer.socket.extensions.split(';')[0]?.trim(), 'permessage-deflate', 'extensions');
    const { written } = await echoCost(peer, repetitive);
    if (written > repetitive.length / 10) throw new Error(`${written} bytes for ${repetitive.length}`);
    await peer.close();
  },

  'messages refer to earlier ones': async (site) => {
    const peer = await Peer.open(site, '/wire');
    // Random, so that nothing but the first time can make the second one short.
    const text = Array.from({ length: 50 }, newId).join('');
    const first = await echoCost(peer, text);
    const second = await echoCost(peer, text);
    if (second.written > first.written / 4) throw new Error(`${first.written} bytes, then ${second.written}`);
    await peer.close();
  },
};

/** For a server that compresses, and a client that compresses as well. */
export const deflatingClientChecks: Checks = {
  'compression saves nine tenths of what the client sends': async (site) => {
    const peer = await Peer.open(site, '/wire');
    const { read } = await echoCost(peer, repetitive);
    if (read > repetitive.length / 10) throw new Error(`${read} bytes for ${repetitive.length}`);
    await peer.close();
  },
};

/** What holds in browsers only, which send an Origin and keep cookies. */
export const browserChecks: Checks = {
  'a page of a foreign origin is refused': async ({ WebSocket, url }) => {
    const peer = new Peer(new WebSocket(`${url.replace('127.0.0.1', 'localhost')}/echo`));
    equal(await peer.opened, false, 'opened');
    equal((await peer.closed).code, 1006, 'code');
  },

  'a page of a foreign origin that is allowed gets in': async ({ WebSocket, url }) => {
    const foreign = url.replace('127.0.0.1', 'localhost');
    const peer = await Peer.open({ WebSocket, url: foreign }, '/for-guests');
    peer.socket.send('hello');
    equal(await peer.next(), 'hello', 'echo');
    await peer.close();
  },

  'a cookie that the 101 sets is kept, and sent with the next handshake': async (site) => {
    await (await Peer.open(site, '/visits')).close();
    const peer = await Peer.open(site, '/visits');
    equal(await peer.next(), 'visit 2', 'visits that the cookie counts');
    await peer.close();
  },
};

/** Milliseconds that a check may take. */
const patience = 15_000;

/** Runs checks one after the other. */
export async function runChecks(site: CheckSite, chosen: Checks): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [name, check] of Object.entries(chosen)) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`It took longer than ${patience} ms`)), patience);
    });
    const failure = await Promise.race([check(site), late]).then(
      () => null,
      (error: unknown) => String(error),
    );
    clearTimeout(timer);
    results.push({ name, failure });
  }
  return results;
}
