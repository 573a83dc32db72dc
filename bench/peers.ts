/**
 * Who is measured. A new peer is a row here and a server in `bench/servers` that keeps to what `servers/serve.ts` says
 * about stdin, stdout and the environment.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chatDialect, type Dialect, nodesDialect, plainDialect, socketIoDialect } from './dialects';
import { packagesFolder } from './packages';
import { isCompressed, type Scenario } from './scenarios';
import { root, type Workshop } from './workshop';

/** What a server may be asked to do. */
type Duty =
  | 'echo'
  | 'fanout'
  | 'chat'
  | 'idle'
  | 'handshake-express'
  | 'handshake-bare'
  | 'http2-echo'
  | 'http2-stalled'
  | 'http2-idle'
  | 'rooms'
  | 'nodes';

/** How a peer does it. */
export interface Service {
  /** The server of `bench/servers`, without its extension. */
  server: string;
  /** Of an echo, of idle connections and of handshakes. @default '/echo' */
  path?: string;
  /** Of a fan-out. @default the message and nothing else */
  dialect?: Dialect;
  /** Handshakes are ordinary requests here. */
  plain?: true;
  /** Where HTTP/2 is asked for, HTTP/1.1 instead: each WebSocket has a connection of its own. */
  http1?: true;
  /** Where some WebSockets are to stall, none of them does. */
  unstalled?: true;
  /** Its rooms go through Redis, also where no other node is. */
  redis?: true;
}

export interface Peer {
  /** For `--peers`, the table and the JSON. */
  name: string;
  /** What it is, in one line. */
  title: string;
  does: Readonly<Partial<Record<Duty, Service>>>;
  compresses?: boolean;
  speaksTls?: boolean;
  /** What it needs of bench/package.json, for which the bench installs that. */
  needs?: string;
  /** Program and arguments; `nodeFlags` are for those that run on Node. */
  command(workshop: Workshop, server: string, nodeFlags: readonly string[]): readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Why it cannot run here although all is installed, in a sentence. */
  whyNotHere?(): string | undefined;
}

/** Ours first: the ratios are ours to each of the others. */
export const ours = 'switchboard';

const onNode: Peer['command'] = (workshop, server, nodeFlags) => [
  process.execPath,
  '--expose-gc',
  ...nodeFlags,
  workshop.server(`${server}.js`),
];

function duties(server: string, ...names: Duty[]): Peer['does'] {
  return Object.fromEntries(names.map((name) => [name, { server }]));
}

/** For a row about HTTP/2: what the same clients find where it is not spoken. */
function dutiesWithoutHttp2(server: string): Peer['does'] {
  return { 'http2-echo': { server, http1: true }, 'http2-idle': { server, http1: true } };
}

function whyNotBuilt(): string | undefined {
  if (existsSync(join(root, 'dist', 'index.js'))) return undefined;
  return 'There is no dist/index.js: run `npm run build` first. The bench measures the built package.';
}

const isArm = process.arch === 'arm64';
const bun = join(packagesFolder, '@oven', `bun-linux-${isArm ? 'aarch64' : 'x64'}`, 'bin', 'bun');
const deno = join(packagesFolder, '@deno', `linux-${isArm ? 'arm64' : 'x64'}-glibc`, 'deno');
const bufferutil = join(packagesFolder, 'bufferutil', 'prebuilds', `linux-${process.arch}`, 'bufferutil.node');

function needsFile(what: string, file: string): () => string | undefined {
  return () => (existsSync(file) ? undefined : `${what} has no binary for this machine: there is no ${file}.`);
}

const wsDuties: Peer['does'] = {
  ...duties('ws', 'echo', 'fanout', 'idle', 'handshake-bare'),
  ...duties('ws-middleware', 'handshake-express'),
  ...duties('many-rooms-ws', 'rooms'),
  ...dutiesWithoutHttp2('ws'),
};

export const peers: readonly Peer[] = [
  {
    name: ours,
    title: 'this package, in an Express app',
    does: {
      ...duties('switchboard', 'echo', 'fanout', 'idle', 'http2-echo', 'http2-stalled', 'http2-idle'),
      chat: { server: 'switchboard', dialect: chatDialect },
      ...duties('switchboard-middleware', 'handshake-express'),
      ...duties('switchboard-bare', 'handshake-bare'),
      ...duties('many-rooms', 'rooms'),
      nodes: { server: 'nodes', dialect: nodesDialect },
    },
    compresses: true,
    speaksTls: true,
    command: onNode,
    whyNotHere: whyNotBuilt,
  },
  {
    name: 'ws',
    title: 'ws without bufferutil',
    does: wsDuties,
    compresses: true,
    speaksTls: true,
    command: onNode,
    // Only its own code: bufferutil is a native add-on that a user may or may not have.
    env: { WS_NO_BUFFER_UTIL: '1' },
  },
  {
    name: 'ws-native',
    title: 'ws with bufferutil',
    // Masks are all that bufferutil is about.
    does: duties('ws-native', 'echo', 'fanout'),
    compresses: true,
    speaksTls: true,
    needs: 'bufferutil',
    command: onNode,
    env: { NODE_PATH: packagesFolder },
    whyNotHere: needsFile('bufferutil', bufferutil),
  },
  {
    name: 'socket.io',
    title: 'Socket.IO, WebSocket only',
    does: {
      fanout: { server: 'socket-io', dialect: socketIoDialect },
      chat: { server: 'socket-io', dialect: socketIoDialect },
      nodes: { server: 'socket-io-nodes', dialect: socketIoDialect },
    },
    needs: 'socket.io',
    command: (workshop, server, nodeFlags) => [
      process.execPath,
      '--expose-gc',
      ...nodeFlags,
      workshop.server(`${server}.mjs`),
    ],
  },
  {
    name: 'bun',
    title: 'Bun.serve, with uWebSockets inside',
    does: duties('bun', 'echo', 'fanout', 'idle', 'handshake-bare'),
    compresses: true,
    speaksTls: true,
    needs: 'bun',
    command: (workshop, server) => [bun, 'run', workshop.server(`${server}.mjs`)],
    whyNotHere: needsFile('Bun', bun),
  },
  {
    name: 'deno',
    title: 'Deno.serve and Deno.upgradeWebSocket',
    does: duties('deno', 'echo', 'fanout', 'idle', 'handshake-bare'),
    speaksTls: true,
    needs: 'deno',
    command: (workshop, server) => [
      ...[deno, 'run', '--v8-flags=--expose-gc', '--allow-net', '--allow-env', '--allow-read'],
      workshop.server(`${server}.mjs`),
    ],
    whyNotHere: needsFile('Deno', deno),
  },
  {
    name: 'hub',
    title: 'this package through the Hub, without the chat protocol',
    does: { chat: { server: 'switchboard', dialect: plainDialect } },
    command: onNode,
    whyNotHere: whyNotBuilt,
  },
  {
    name: 'redis',
    title: 'this package through Redis, beside rooms in memory',
    does: { rooms: { server: 'many-rooms', redis: true } },
    command: onNode,
    whyNotHere: whyNotBuilt,
  },
  {
    name: 'http1',
    title: 'this package over HTTP/1.1 with TLS, on the same server, beside HTTP/2',
    does: dutiesWithoutHttp2('switchboard'),
    speaksTls: true,
    command: onNode,
    whyNotHere: whyNotBuilt,
  },
  {
    name: 'unstalled',
    title: 'this package with no WebSocket stalled, beside one that is',
    does: { 'http2-stalled': { server: 'switchboard', unstalled: true } },
    speaksTls: true,
    command: onNode,
    whyNotHere: whyNotBuilt,
  },
  {
    name: 'express',
    title: 'Express alone, res.end(): the limit of handshakes through Express',
    does: { 'handshake-express': { server: 'express', path: '/', plain: true } },
    command: onNode,
  },
  {
    name: 'http2',
    title: 'bare node:http2, no protocol work: the limit over HTTP/2',
    does: duties('http2', 'http2-echo', 'http2-stalled', 'http2-idle'),
    speaksTls: true,
    command: onNode,
  },
  {
    name: 'net',
    title: 'bare node:net, no protocol work: the limit',
    does: duties('net', 'echo', 'fanout', 'idle', 'handshake-bare'),
    command: onNode,
  },
];

function dutyOf(scenario: Scenario): Duty {
  switch (scenario.load) {
    case 'echo':
      if (scenario.stalled) return 'http2-stalled';
      return scenario.streams ? 'http2-echo' : 'echo';
    case 'idle':
      return scenario.streams ? 'http2-idle' : 'idle';
    case 'fanout':
      if (scenario.nodes) return 'nodes';
      return scenario.chat ? 'chat' : 'fanout';
    case 'rooms':
      return 'rooms';
    case 'handshake':
      return `handshake-${scenario.through}`;
    case 'latency':
      return 'echo';
  }
}

/** How a peer does what a scenario asks for; undefined where it has no part in it. */
export function serviceFor(peer: Peer, scenario: Scenario): Service | undefined {
  if (isCompressed(scenario) && !peer.compresses) return undefined;
  if (scenario.tls && !peer.speaksTls) return undefined;
  return peer.does[dutyOf(scenario)];
}

/** Whether its part in a scenario goes through Redis, which the bench starts then. */
export function needsRedis(peer: Peer, scenario: Scenario): boolean {
  return dutyOf(scenario) === 'nodes' || serviceFor(peer, scenario)?.redis === true;
}
