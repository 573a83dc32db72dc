import { Socket, type SocketConstructorOpts } from 'node:net';
import { isPlainSocket } from './plain-socket';

/** What sockets read into, in bytes: large messages, too, come whole more often than in the 64 KiB that Node would read. */
const size = 256 * 1024;

/** Takes the first `length` bytes of a buffer; it must have done with them when it returns. */
type Take = (this: Socket, length: number, buffer: Buffer) => boolean;

/** What a socket that was made with the option `onread` has, under keys of Node's own. */
interface OnreadKeys {
  buffer: symbol;
  callback: symbol;
  generator: symbol;
}

interface Readable {
  _handle?: { useUserBuffer?(buffer: Buffer): void } | null;
  [key: symbol]: unknown;
}

let shared: Buffer | undefined;
let keys: OnreadKeys | null | undefined;

/**
 * Lets a socket read into one buffer that all sockets share, instead of a new one of 64 KiB for every read, which would be
 * half of what a short message costs. It is what `new Socket({ onread })` does; a server cannot ask for that, as its sockets
 * are made before it sees them, so that it is done to a socket that exists already.
 *
 * Pausing, resuming, the end and errors stay the socket's.
 *
 * @returns false where it cannot be done: then everything comes by `'data'`. Where something still waits in the socket, or
 *   it is paused, that is so until the next `'data'`: nothing may overtake what was read before
 */
export function readIntoSharedBuffer(transport: unknown, take: Take): boolean {
  // TLS decrypts while it writes, too: it could read again in the midst of `take`.
  if (!isPlainSocket(transport)) return false;
  if (transport.readableLength > 0 || transport.isPaused()) return false;
  if (keys === undefined) keys = findKeys();
  const socket = transport as unknown as Readable;
  if (keys === null || typeof socket._handle?.useUserBuffer !== 'function') return false;
  shared ??= Buffer.allocUnsafeSlow(size);
  if (socket[keys.buffer] === shared) return true;
  socket[keys.buffer] = shared;
  socket[keys.generator] = null;
  socket[keys.callback] = take;
  socket._handle.useUserBuffer(shared);
  // The stream has asked for more now, and for ever: where it asks again, it does not mind being paused.
  transport.read(0);
  return true;
}

/** Looks the keys up in a socket that was made with the option; null when this Node has others. */
function findKeys(): OnreadKeys | null {
  const buffer = Buffer.alloc(1);
  const callback = () => true;
  const model = new Socket({ onread: { buffer, callback } } as SocketConstructorOpts) as unknown as Readable;
  const symbols = Object.getOwnPropertySymbols(model);
  const keyOf = (name: string, value: unknown) =>
    symbols.find((symbol) => symbol.description === name && model[symbol] === value);
  const found = {
    buffer: keyOf('kBuffer', buffer),
    callback: keyOf('kBufferCb', callback),
    generator: keyOf('kBufferGen', null),
  };
  return Object.values(found).includes(undefined) ? null : (found as OnreadKeys);
}
