/** Which end of the connection we are: clients mask what they send, servers never do (RFC 6455, section 5.1). */
export type Role = 'server' | 'client';
