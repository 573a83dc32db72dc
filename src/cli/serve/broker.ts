import type { Adapter } from '../../rooms/adapter';
import { ExitCode } from '../exit-codes';
import { Failure, usageFailure } from '../failure';
import type { ServeFlags } from './command';

/** What shares the chat with other servers. */
export interface Broker {
  readonly adapter: Adapter;
  close(): Promise<void>;
}

/** The broker that the flags ask for; its client is loaded only then. @throws Failure where it cannot be reached */
export async function brokerOf({ redis, nats }: ServeFlags): Promise<Broker | undefined> {
  if (redis !== undefined) {
    const url = parsed('--redis', redis, ['redis:', 'rediss:'], 6379);
    const { redisBroker } = await import('./redis-broker.js');
    return redisBroker(url).catch((error) => Promise.reject(unreachable('Redis', url, error)));
  }
  if (nats !== undefined) {
    const url = parsed('--nats', nats, ['nats:', 'tls:'], 4222);
    const { natsBroker } = await import('./nats-broker.js');
    return natsBroker(url).catch((error) => Promise.reject(unreachable('NATS', url, error)));
  }
  return undefined;
}

function parsed(option: string, text: string, schemes: readonly string[], port: number): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && schemes.includes(url.protocol) && url.host !== '') return url;
  // Not shown: a password may be in it.
  throw usageFailure(`${option} must be a URL, as ${schemes[0]}//localhost:${port}.`);
}

function unreachable(name: string, url: URL, cause: unknown): Failure {
  return new Failure(`${name} cannot be reached at ${url.host}: ${wordsOf(cause)}`, ExitCode.NotConnected, { cause });
}

/** A failure at two addresses of one name has its words within. */
function wordsOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
