import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { RedisCommands } from './commands';
import { type IoRedisClient, type IoRedisCluster, IoRedisClusterCommands, IoRedisCommands } from './ioredis';
import { type NodeRedisClient, type NodeRedisCluster, NodeRedisClusterCommands, NodeRedisCommands } from './node-redis';

/**
 * A client of the package `redis`, version 5 or later (`createClient()`, `createCluster()`), or of `ioredis`, version 5 or later
 * (`new Redis()`, `new Cluster()`).
 */
export type RedisClient = NodeRedisClient | NodeRedisCluster | IoRedisClient | IoRedisCluster;

const expected = "a client of 'redis' (createClient(), createCluster()) or of 'ioredis' (new Redis(), new Cluster())";

/** Recognises a client by what it can do. @throws InvalidOptionError for anything else */
export function commandsOf(client: RedisClient): RedisCommands {
  const given = client as unknown;
  if (given instanceof Promise) {
    throw new InvalidOptionError(`redisAdapter() needs ${expected}, not a promise of one: await it first`);
  }
  if (typeof given !== 'object' || given === null) {
    throw new InvalidOptionError(`redisAdapter() needs ${expected}, not ${describe(given)}`);
  }
  if (hasMethods(given, 'evalSha', 'nodeClient')) return new NodeRedisClusterCommands(given as NodeRedisCluster);
  if (hasMethods(given, 'evalSha', 'duplicate', 'destroy') && 'isReady' in given && hasMethods(given, 'subscribe')) {
    return new NodeRedisCommands(given as unknown as NodeRedisClient);
  }
  if (hasMethods(given, 'evalsha', 'nodes')) return new IoRedisClusterCommands(given as IoRedisCluster);
  if (hasMethods(given, 'evalsha', 'duplicate', 'disconnect') && 'status' in given) {
    return new IoRedisCommands(given as unknown as IoRedisClient);
  }
  throw new InvalidOptionError(`redisAdapter() needs ${expected}, version 5 or later, not ${describe(given)}`);
}

function hasMethods(given: object, ...names: string[]): boolean {
  return names.every((name) => typeof Reflect.get(given, name) === 'function');
}
