/**
 * What is measured. A new scenario is a row here, as long as its kind of load exists in `bench/generator`. Which peers take
 * part follows from what they can do (`peers.ts`).
 */

import type { MessageShape } from './frames';

/** What the issue or the documentation promises about ours, beside another peer in the same run. */
export type Goal = {
  /** Who ours is compared with. */
  peer: string;
  /** And where, if not in the scenario that the goal stands in. */
  scenario?: string;
  /** What is compared, of rooms. @default the value of the scenario */
  of?: 'leaves' | 'memory';
} & ({ atLeast: number } | { atMost: number } | { atMostMore: number });

interface Common {
  /** For `--only` and for the JSON. */
  name: string;
  /** For people. */
  title: string;
  /** Clients in an echo, subscribers in a fan-out, handshakes under way, idle connections. */
  connections: number;
  /** Part of a quick run. */
  quick?: boolean;
  /** Over TLS. */
  tls?: boolean;
  /** WebSockets on each connection of HTTP/2. @default HTTP/1.1, where each has its own */
  streams?: number;
  goals?: readonly Goal[];
}

/** Each answer pays for the next message (echo), or each message that has reached everybody (fan-out). */
export interface LoadScenario extends Common {
  load: 'echo' | 'fanout';
  unit: 'messages/s' | 'deliveries/s';
  /** What the application says; a peer's own protocol may wrap it. */
  message: MessageShape;
  /** Messages that a connection (or the publisher) has sent and that are not answered (or not yet everywhere). */
  inFlight: number;
  /** Where they are compressed: so many that none is found again as far as deflate looks back. @default inFlight */
  differentMessages?: number;
  /** Of an echo over HTTP/2: as many of the connections stop reading, and only the others are counted. */
  stalled?: number;
  /** A fan-out through the chat protocol rather than through the hub. */
  chat?: boolean;
  /** The publisher is on another node than the subscribers, and Redis joins the two. */
  nodes?: boolean;
}

/** An echo on a timetable, whatever is still unanswered: how long an answer takes when the server is not saturated. */
export interface LatencyScenario extends Common {
  load: 'latency';
  /** The value is the 99th percentile. */
  unit: 'µs';
  message: MessageShape;
  /** Whose peak the rate is half of: each peer's own, or that of the one that is named, for all. */
  halfThePeakOf: 'each' | 'ws';
}

/** Opening handshakes on fresh connections. */
export interface HandshakeScenario extends Common {
  load: 'handshake';
  unit: 'handshakes/s';
  /** Through an Express app with three middlewares, or without Express. */
  through: 'express' | 'bare';
  message?: undefined;
}

/** Resident memory of the server per connection that is open and silent. */
export interface IdleScenario extends Common {
  load: 'idle';
  unit: 'bytes/connection';
  /** Compression is agreed upon. */
  compressed?: boolean;
  /** What each connection has exchanged before it falls silent, if anything. */
  message?: MessageShape;
  /** How many of them. @default 1 */
  exchanged?: number;
}

/** Rooms of one member each, all on one node: how fast they are joined and left, and the memory of each. */
export interface RoomsScenario extends Common {
  load: 'rooms';
  unit: 'joins/s';
  rooms: number;
  message?: undefined;
}

export type Scenario = LoadScenario | LatencyScenario | HandshakeScenario | IdleScenario | RoomsScenario;

/** Whether the messages, or what is agreed upon for them, are compressed. */
export function isCompressed(scenario: Scenario): boolean {
  return scenario.message?.compressed === true || (scenario.load === 'idle' && scenario.compressed === true);
}

const CLIENTS = 64;
const KIB = 1024;

const sizeName = (bytes: number) => (bytes >= KIB * KIB ? `${bytes / KIB / KIB}MiB` : `${bytes / KIB}KiB`);
const nameOf = (bytes: number) => (bytes < KIB ? String(bytes) : sizeName(bytes));
const titleOf = (bytes: number) => (bytes < KIB ? `${bytes} B` : sizeName(bytes).replace(/(?=[KM])/, ' '));

const text = (size: number): MessageShape => ({ type: 'text', size });
const binary = (size: number): MessageShape => ({ type: 'binary', size });
const json512: MessageShape = { type: 'json', size: 512, compressed: true };

type Rest = Pick<Common, 'quick' | 'goals'>;

function echo(message: MessageShape, inFlight: number, { quick, goals }: Rest, connections = CLIENTS): LoadScenario {
  const shape = `${message.type === 'utf8' ? 'utf8-' : ''}${nameOf(message.size)}x${inFlight}`;
  return {
    name: connections === CLIENTS ? `echo-${shape}` : `echo-${connections}-${shape}`,
    title: `Echo, ${titleOf(message.size)} ${message.type}, ${connections} connections, ${inFlight} in flight`,
    load: 'echo',
    unit: 'messages/s',
    connections,
    message,
    inFlight,
    ...(quick && { quick }),
    ...(goals && { goals }),
  };
}

/** What is asked of short echoes, by the number in flight. */
const shortEchoes: Readonly<Record<number, Rest>> = {
  1: { quick: true, goals: [{ peer: 'net', atLeast: 0.97 }] },
  8: {
    quick: true,
    goals: [
      { peer: 'ws', atLeast: 6 },
      { peer: 'bun', atLeast: 1 },
    ],
  },
  32: {
    quick: true,
    goals: [
      { peer: 'ws', atLeast: 15 },
      { peer: 'bun', atLeast: 1 },
    ],
  },
};

function restOfEcho({ size }: MessageShape, inFlight: number): Rest {
  if (size === 32) return shortEchoes[inFlight]!;
  return size < 64 * KIB ? {} : { quick: inFlight === 1, goals: [{ peer: 'bun', atLeast: 1 }] };
}

const echoes: readonly LoadScenario[] = [text(32), text(KIB), text(64 * KIB), binary(KIB * KIB)].flatMap((message) =>
  [1, 8, 32].map((inFlight) => echo(message, inFlight, restOfEcho(message, inFlight))),
);

/** Text that is not ASCII cannot go the shortest way. */
const utf8 = (size: number): MessageShape => ({ type: 'utf8', size });
const otherEchoes: readonly LoadScenario[] = [echo(utf8(32), 32, {}), echo(utf8(64 * KIB), 1, {})];

interface FanoutShape {
  size: number;
  subscribers: number;
  inFlight: number;
}

const fanoutShapes: readonly FanoutShape[] = [64, KIB].flatMap((size) =>
  [200, 2_000].flatMap((subscribers) => [1, 16].map((inFlight) => ({ size, subscribers, inFlight }))),
);

const fanoutGoals: readonly Goal[] = [
  { peer: 'ws', atLeast: 8 },
  { peer: 'socket.io', atLeast: 8 },
  { peer: 'bun', atLeast: 1 },
];
const chatGoals: readonly Goal[] = [{ peer: 'hub', atLeast: 0.7 }];

function fanout({ size, subscribers, inFlight }: FanoutShape, chat: boolean): LoadScenario {
  const hasHubGoals = subscribers === 200 && inFlight === 16;
  const goals = chat ? chatGoals : hasHubGoals ? fanoutGoals : undefined;
  return {
    name: `${chat ? 'chat' : 'fanout'}-${subscribers}x${inFlight}${size === 64 ? '' : `-${nameOf(size)}`}`,
    title: `${chat ? 'Chat in a room of' : 'Fan-out to'} ${subscribers}, ${titleOf(size)} text, ${inFlight} in flight`,
    load: 'fanout',
    unit: 'deliveries/s',
    connections: subscribers,
    message: text(size),
    inFlight,
    ...(chat && { chat }),
    ...(hasHubGoals && size === 64 && { quick: true }),
    ...(goals && { goals }),
  };
}

const compressed: readonly LoadScenario[] = [
  {
    name: 'deflate-echo',
    title: 'Compressed echo, 512 B JSON, 64 connections, 8 in flight',
    load: 'echo',
    unit: 'messages/s',
    connections: CLIENTS,
    message: json512,
    inFlight: 8,
    differentMessages: 256,
    quick: true,
    goals: [{ peer: 'ws', atLeast: 2.5 }],
  },
  {
    name: 'deflate-fanout',
    title: 'Compressed fan-out to 200, 512 B JSON, 16 in flight',
    load: 'fanout',
    unit: 'deliveries/s',
    connections: 200,
    message: json512,
    inFlight: 16,
    differentMessages: 256,
    goals: [{ peer: 'ws', atLeast: 20 }],
  },
];

function overTls(scenario: LoadScenario): LoadScenario {
  return { ...scenario, name: `wss-${scenario.name}`, title: `${scenario.title}, TLS`, tls: true };
}

/** WebSockets on one connection of HTTP/2, in rows where they share one. */
const SHARING = 100;

/** One WebSocket on each connection, or `SHARING` on the only one. */
function overHttp2(
  streams: 1 | typeof SHARING,
  message: MessageShape,
  inFlight: number,
  rest: Rest = {},
): LoadScenario {
  const shares = streams > 1;
  const clients = shares ? `${streams} WebSockets on one connection` : `${CLIENTS} connections`;
  const scenario = overTls(echo(message, inFlight, rest, shares ? streams : CLIENTS));
  return {
    ...scenario,
    name: `http2-echo-${shares ? `${streams}on1-` : ''}${nameOf(message.size)}x${inFlight}`,
    title: `Echo over HTTP/2, ${titleOf(message.size)} ${message.type}, ${clients}, ${inFlight} in flight, TLS`,
    streams,
  };
}

const sharing = overHttp2(SHARING, text(32), 8);

const http2: readonly LoadScenario[] = [
  overHttp2(1, text(32), 1),
  overHttp2(1, text(32), 8, { quick: true }),
  overHttp2(1, text(64 * KIB), 1),
  overHttp2(SHARING, text(32), 1),
  sharing,
  overHttp2(SHARING, text(64 * KIB), 1),
  {
    ...sharing,
    name: `${sharing.name}-stalled`,
    title: `${sharing.title}, one of them stalled`,
    stalled: 1,
    quick: true,
    goals: [{ peer: 'unstalled', atLeast: 0.9 }],
  },
];

const handshakes: readonly HandshakeScenario[] = [
  {
    name: 'handshake-express',
    title: 'Handshakes through an Express app with three middlewares, 64 at a time',
    load: 'handshake',
    unit: 'handshakes/s',
    connections: CLIENTS,
    through: 'express',
    quick: true,
    goals: [{ peer: 'express', atLeast: 0.9 }],
  },
  {
    name: 'handshake-bare',
    title: 'Handshakes without Express, 64 at a time',
    load: 'handshake',
    unit: 'handshakes/s',
    connections: CLIENTS,
    through: 'bare',
  },
];

function latency(halfThePeakOf: LatencyScenario['halfThePeakOf']): LatencyScenario {
  const own = halfThePeakOf === 'each';
  return {
    name: own ? 'latency-half-peak' : `latency-half-${halfThePeakOf}`,
    title: `Latency (p99) of an echo, 32 B text, 64 connections, at half ${own ? 'the peak of each' : `the peak of ${halfThePeakOf}`}`,
    load: 'latency',
    unit: 'µs',
    connections: CLIENTS,
    message: text(32),
    halfThePeakOf,
  };
}

const idle: readonly IdleScenario[] = [
  {
    name: 'idle-10000',
    title: 'Memory of 10,000 idle connections',
    load: 'idle',
    unit: 'bytes/connection',
    connections: 10_000,
    quick: true,
    goals: [{ peer: 'net', atMostMore: 500 }],
  },
  {
    name: 'idle-deflate',
    title: 'Memory of 10,000 idle connections that have agreed on compression',
    load: 'idle',
    unit: 'bytes/connection',
    connections: 10_000,
    compressed: true,
    quick: true,
    goals: [{ peer: 'switchboard', scenario: 'idle-10000', atMostMore: 1_000 }],
  },
  {
    name: 'idle-10000-used',
    title: 'Memory of 10,000 connections, idle after one echo each',
    load: 'idle',
    unit: 'bytes/connection',
    connections: 10_000,
    message: text(32),
    goals: [{ peer: 'ws', atMost: 1 }],
  },
  {
    name: 'idle-deflate-used',
    title: 'Memory of 2,000 connections, idle after 50 compressed messages of 512 B each way',
    load: 'idle',
    unit: 'bytes/connection',
    connections: 2_000,
    compressed: true,
    message: json512,
    exchanged: 50,
    goals: [{ peer: 'ws', atMost: 1 }],
  },
];

/** Fewer than without TLS, which takes ten times the memory. */
const idleHttp2: readonly IdleScenario[] = [1, SHARING].map((streams) => ({
  name: `idle-http2${streams > 1 ? `-${streams}on1` : ''}`,
  title: `Memory of 2,000 idle WebSockets over HTTP/2, ${streams} on each connection, TLS`,
  load: 'idle',
  unit: 'bytes/connection',
  connections: 2_000,
  tls: true,
  streams,
}));

/** Rooms that each connection is in. Each room has one member: 100,000 connections would need more descriptors than a process has. */
const ROOMS_OF_EACH = 10;

/** Ten times more rooms, and each of them as cheap, but for the caches of the processor, and for the collector, which has more to look at. */
const linear: readonly Goal[] = [
  { peer: 'switchboard', scenario: 'rooms-10k', atLeast: 0.5 },
  { peer: 'switchboard', scenario: 'rooms-10k', of: 'leaves', atLeast: 0.5 },
  { peer: 'switchboard', scenario: 'rooms-10k', of: 'memory', atMost: 1.1 },
];

const manyRooms: readonly RoomsScenario[] = [10, 30, 100].map((thousands) => ({
  name: `rooms-${thousands}k`,
  title: `${thousands},000 rooms of one member each, ${ROOMS_OF_EACH} for each of ${thousands / ROOMS_OF_EACH},000 connections`,
  load: 'rooms',
  unit: 'joins/s',
  connections: (thousands * 1_000) / ROOMS_OF_EACH,
  rooms: thousands * 1_000,
  ...(thousands > 10 && { goals: linear }),
}));

/** One in flight shows the delay, 16 the throughput. */
const betweenNodes: readonly LoadScenario[] = [1, 16].map((inFlight) => ({
  ...fanout({ size: 64, subscribers: 200, inFlight }, false),
  name: `nodes-fanout-200x${inFlight}`,
  title: `Fan-out from one node to 200 on another through Redis, 64 B text, ${inFlight} in flight`,
  nodes: true,
  quick: false,
  goals: inFlight > 1 ? [{ peer: 'socket.io', atLeast: 4 }] : [],
}));

export const scenarios: readonly Scenario[] = [
  ...echoes,
  ...otherEchoes,
  echo(text(32), 1, {}, 1_000),
  ...fanoutShapes.map((shape) => fanout(shape, false)),
  ...fanoutShapes.map((shape) => fanout(shape, true)),
  ...compressed,
  overTls(echo(text(32), 8, {})),
  overTls(echo(text(64 * KIB), 1, {})),
  ...http2,
  ...handshakes,
  latency('each'),
  latency('ws'),
  ...idle,
  ...idleHttp2,
  ...manyRooms,
  ...betweenNodes,
];
