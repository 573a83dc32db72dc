import type { Duplex } from 'node:stream';
import type { Role } from '../protocol/role';
import { debug } from './debug';
import { FrameLog } from './frame-log';

/** What a connection gets its bytes by. */
interface Reader {
  transportData(chunk: Buffer, length: number): void;
  transportClose(): void;
}

let connections = 0;

/**
 * Shows the frames of a connection, for `NODE_DEBUG=switchboard`: what comes is looked at before the connection gets it, and
 * what goes when it is written to the transport. To be called before anything is.
 *
 * @param end says how the connection ended
 */
export function watchFrames(transport: Duplex, reader: Reader, role: Role, end: () => string): void {
  connections++;
  const name = `#${connections} ${role}`;
  const received = new FrameLog(`${name} <-`, debug);
  const sent = new FrameLog(`${name} ->`, debug);
  const { transportData, transportClose } = reader;
  reader.transportData = (chunk, length) => {
    received.pass(chunk.subarray(0, length));
    transportData.call(reader, chunk, length);
  };
  reader.transportClose = () => {
    transportClose.call(reader);
    debug(`${name} closed: ${end()}`);
  };
  const { write } = transport;
  transport.write = (...parameters: unknown[]): boolean => {
    const [chunk] = parameters;
    if (chunk instanceof Uint8Array) sent.pass(chunk);
    return Reflect.apply(write, transport, parameters);
  };
  debug(`${name} open`);
}
