/** Which scenarios stand together in a chart. */

import type { Scenario } from '../scenarios';

export interface Panel {
  /** For file names. */
  name: string;
  title: string;
  holds(scenario: Scenario): boolean;
}

/** From here on, time goes with the bytes rather than with the messages. */
const BIG = 16 * 1024;

const begins =
  (...prefixes: string[]) =>
  ({ name }: Scenario) =>
    prefixes.some((prefix) => name.startsWith(`${prefix}-`));

const isBig = (scenario: Scenario) => (scenario.message?.size ?? 0) >= BIG;

/** In the order in which they are drawn. Scenarios of none of them (growth, latency) have charts of their own. */
export const panels: readonly Panel[] = [
  { name: 'echo', title: 'Echo', holds: (scenario) => begins('echo')(scenario) && !isBig(scenario) },
  { name: 'big', title: 'Big messages', holds: (scenario) => begins('echo')(scenario) && isBig(scenario) },
  { name: 'fanout', title: 'Fan-out', holds: begins('fanout', 'chat') },
  { name: 'deflate', title: 'Compressed', holds: begins('deflate') },
  { name: 'wss', title: 'TLS (wss)', holds: begins('wss') },
  { name: 'http2', title: 'HTTP/2', holds: begins('http2') },
  { name: 'handshake', title: 'Opening handshakes', holds: begins('handshake') },
  { name: 'rooms', title: 'Rooms of one member each: joining them', holds: begins('rooms') },
  { name: 'nodes', title: 'From one node to another', holds: begins('nodes') },
  { name: 'memory', title: 'Memory: less is better', holds: begins('idle') },
];
