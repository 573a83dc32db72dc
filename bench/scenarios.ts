/** What is measured. A new scenario is a row here, as long as its kind of load exists in `bench/generator`. */

import type { MessageShape } from './frames';

/** What the issue or the documentation promises about ours, as a ratio to another peer in the same run. */
export type Goal = { peer: string } & ({ atLeast: number } | { atMost: number });

interface Common {
  /** For `--only` and for the JSON. */
  name: string;
  /** For people. */
  title: string;
  /** Clients in an echo, subscribers in a fan-out, idle connections. */
  connections: number;
  /** Only measured with `--full`. */
  fullOnly?: boolean;
  goals?: readonly Goal[];
}

/** Each answer pays for the next message (echo), or each message that has reached everybody (fan-out). */
export interface LoadScenario extends Common {
  load: 'echo' | 'fanout';
  unit: 'messages/s' | 'deliveries/s';
  message: MessageShape;
  /** Messages that a connection (or the publisher) has sent and that are not answered (or not yet everywhere). */
  inFlight: number;
  /** Where they are compressed: so many that none is found again as far as deflate looks back. @default inFlight */
  differentMessages?: number;
}

/** Resident memory of the server per connection that is open and silent. */
export interface IdleScenario extends Common {
  load: 'idle';
  unit: 'bytes/connection';
  /** What each connection has exchanged before it falls silent, if anything. */
  message?: MessageShape;
  /** How many of them. @default 1 */
  exchanged?: number;
}

export type Scenario = LoadScenario | IdleScenario;

const text32: MessageShape = { type: 'text', size: 32 };
const json512: MessageShape = { type: 'json', size: 512, compressed: true };

export const scenarios: readonly Scenario[] = [
  {
    name: 'echo-32x1',
    title: 'Echo, 32 B text, 64 connections, 1 in flight',
    load: 'echo',
    unit: 'messages/s',
    connections: 64,
    message: text32,
    inFlight: 1,
    goals: [{ peer: 'ws', atLeast: 1.1 }],
  },
  {
    name: 'echo-32x8',
    title: 'Echo, 32 B text, 64 connections, 8 in flight',
    load: 'echo',
    unit: 'messages/s',
    connections: 64,
    message: text32,
    inFlight: 8,
    goals: [{ peer: 'ws', atLeast: 5 }],
  },
  {
    name: 'echo-32x32',
    title: 'Echo, 32 B text, 64 connections, 32 in flight',
    load: 'echo',
    unit: 'messages/s',
    connections: 64,
    message: text32,
    inFlight: 32,
    goals: [{ peer: 'ws', atLeast: 10 }],
  },
  {
    name: 'echo-1MiB',
    title: 'Echo, 1 MiB binary, 4 connections, 1 in flight',
    load: 'echo',
    unit: 'messages/s',
    connections: 4,
    message: { type: 'binary', size: 1024 * 1024 },
    inFlight: 1,
    goals: [{ peer: 'ws', atLeast: 3 }],
  },
  {
    name: 'fanout-200x1',
    title: 'Fan-out to 200, 64 B text, 1 in flight',
    load: 'fanout',
    unit: 'deliveries/s',
    connections: 200,
    message: { type: 'text', size: 64 },
    inFlight: 1,
  },
  {
    name: 'fanout-200x16',
    title: 'Fan-out to 200, 64 B text, 16 in flight',
    load: 'fanout',
    unit: 'deliveries/s',
    connections: 200,
    message: { type: 'text', size: 64 },
    inFlight: 16,
    goals: [{ peer: 'ws', atLeast: 5 }],
  },
  {
    name: 'deflate-echo',
    title: 'Compressed echo, 512 B JSON, 64 connections, 8 in flight',
    load: 'echo',
    unit: 'messages/s',
    connections: 64,
    message: json512,
    inFlight: 8,
    differentMessages: 256,
    goals: [{ peer: 'ws', atLeast: 2 }],
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
  {
    name: 'idle-10000',
    title: 'Memory of 10,000 idle connections',
    load: 'idle',
    unit: 'bytes/connection',
    connections: 10_000,
    goals: [{ peer: 'ws', atMost: 1 }],
  },
  {
    name: 'idle-10000-used',
    title: 'Memory of 10,000 connections, idle after one echo each',
    load: 'idle',
    unit: 'bytes/connection',
    connections: 10_000,
    message: text32,
    fullOnly: true,
    goals: [{ peer: 'ws', atMost: 1 }],
  },
  {
    name: 'idle-deflate',
    title: 'Memory of 2,000 connections, idle after 50 compressed messages of 512 B each way',
    load: 'idle',
    unit: 'bytes/connection',
    connections: 2_000,
    message: json512,
    exchanged: 50,
    fullOnly: true,
    goals: [{ peer: 'ws', atMost: 1 }],
  },
];
