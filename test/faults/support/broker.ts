import { NatsServer } from '../../support/nats-server';
import { RedisServer } from '../../support/redis-server';

/** A broker that keeps what it has acknowledged, whatever becomes of its process. */
export interface Broker {
  readonly port: number;
  /** Again, after `kill()`: on the same port, with what it has kept. */
  start(): Promise<void>;
  /** Without a word. */
  kill(): Promise<void>;
  /** It keeps its connections, and does nothing. */
  pause(): void;
  resume(): void;
  /** For good. */
  stop(): Promise<void>;
}

export type BrokerKind = 'redis' | 'nats';

/** What Debian calls their programs. */
export const brokerPrograms: Readonly<Record<BrokerKind, string>> = { redis: 'redis-server', nats: 'nats-server' };

export const brokerKinds = Object.keys(brokerPrograms) as readonly BrokerKind[];

export function startBroker(kind: BrokerKind, program: string): Promise<Broker> {
  return kind === 'redis' ? RedisServer.start(program, { appendOnly: true }) : NatsServer.start(program);
}
