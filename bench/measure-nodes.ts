/**
 * From node to node: the publisher is connected to one, all subscribers are connected to another, and Redis joins them. The
 * node with the subscribers has the server's core; the other one, Redis and the generator share theirs.
 */

import { type Child, startChild, withComplaint } from './children';
import { pinned } from './cores';
import { type Flags, type LoadReport, runLoad, type Setup } from './load';
import type { Peer, Service } from './peers';
import { startRedis } from './redis';

const STARTUP_PATIENCE = 15_000;

/** @param flags of the fan-out; the processor time in the report is that of both nodes and of Redis */
export async function runBetweenNodes(setup: Setup, peer: Peer, service: Service, flags: Flags): Promise<LoadReport> {
  const { cores, workshop } = setup;
  const redis = await startRedis(cores);
  const nodes: Child[] = [];
  const startNode = async (which: 'first' | 'second', core: number | undefined, flags: readonly string[]) => {
    const command = peer.command(workshop, service.server, flags);
    const node = startChild(`The ${which} node of ${peer.name}`, pinned(core, command), {
      NODE_ENV: 'production',
      BENCH_REDIS: String(redis.port),
      BENCH_NODE: which,
      ...peer.env,
    });
    nodes.push(node);
    return { pid: node.pid, ...((await node.nextLine(STARTUP_PATIENCE)) as { port: number }) };
  };
  try {
    const publisher = await startNode('first', cores.generator, []);
    const subscribers = await startNode('second', cores.server, setup.nodeFlags ?? []);
    const target = { port: subscribers.port, serverPid: subscribers.pid, tls: false };
    return await runLoad(setup, 'fanout', target, {
      ...flags,
      'publish-port': publisher.port,
      'server-pid': [subscribers.pid, publisher.pid, redis.pid].join(','),
    });
  } catch (error) {
    throw nodes.reduce(withComplaint, error);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await redis.stop();
  }
}
