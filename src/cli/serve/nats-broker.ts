import { connect } from '@nats-io/transport-node';
import { natsAdapter } from '../../nats/nats-adapter';
import type { Broker } from './broker';

/** @throws what the client says where NATS cannot be reached */
export async function natsBroker({ protocol, host, username, password }: URL): Promise<Broker> {
  const connection = await connect({
    servers: host,
    ...(username !== '' && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(protocol === 'tls:' && { tls: {} }),
    maxReconnectAttempts: -1,
  });
  const adapter = natsAdapter(connection);
  const close = async (): Promise<void> => {
    await adapter.close();
    await connection.close();
  };
  return { adapter, close };
}
