export type { NatsConnection, NatsHeaders, NatsMessage, NatsSubscription } from './client';
export { NatsAdapter, type NatsAdapterOptions, natsAdapter } from './nats-adapter';
