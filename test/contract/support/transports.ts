import { memory, overTls, tcp } from './http1-transports';
import { Http2Transport } from './http2-transport';
import type { Transport } from './transport';

/** What every contract test runs over. */
export const transports: readonly Transport[] = [memory, tcp, overTls, new Http2Transport()];
