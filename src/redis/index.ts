export type { RedisClient } from './client';
export { RedisAdapter, type RedisAdapterOptions, redisAdapter } from './redis-adapter';
