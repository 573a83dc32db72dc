import type { Writable } from 'node:stream';
import * as ws from 'ws';
import type { Role } from '../../src/protocol/role';
import { type Heard, heard, type ReferenceLimits } from './decoder';

/** What `ws` reads frames with: public, but without types. */
interface Receiver extends Writable {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this;
  on(event: 'ping' | 'pong', listener: (data: Buffer) => void): this;
  on(event: 'conclude', listener: (code: number, reason: Buffer) => void): this;
  on(event: string, listener: (...args: never[]) => void): this;
}

const { Receiver } = ws as unknown as { Receiver: new (options: object) => Receiver };

/** The close code that ws gives an error. */
const statusCode = Symbol('status-code').description;

/** What `ws` hears in these bytes. */
export function decodeByWs(wire: Buffer, role: Role, limits: ReferenceLimits): Heard {
  const said: Heard = [];
  const receiver = new Receiver({
    isServer: role === 'server',
    maxPayload: limits.maxMessageSize,
    maxFragments: limits.maxFragments,
    allowSynchronousEvents: true,
  });
  receiver.on('message', (data, isBinary) => said.push(isBinary ? heard.binary(data) : heard.text(data)));
  receiver.on('ping', (data) => said.push(heard.ping(data)));
  receiver.on('pong', (data) => said.push(heard.pong(data)));
  receiver.on('conclude', (code, reason) => said.push(heard.close(code, reason.toString())));
  receiver.on('error', (error: Error) => said.push(heard.violation(codeOf(error))));
  receiver.write(Buffer.from(wire));
  return said;
}

function codeOf(error: Error): number {
  const key = Object.getOwnPropertySymbols(error).find(({ description }) => description === statusCode);
  return key === undefined ? 0 : (error as unknown as Record<symbol, number>)[key]!;
}
