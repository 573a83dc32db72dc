import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';

/** What Node gives the system's half of a socket with a write, and finds again when it is done. */
interface WriteRequest {
  oncomplete?: (status: number) => void;
  /** Keeps the bytes until they are written. */
  bytes?: Buffer;
}

/** The system's half of a socket. */
interface Handle {
  /**
   * Up to Node 25 it is given a request; from 26 on null, and where the system has not taken all it makes a request and
   * returns it. Otherwise it returns 0, or what went wrong.
   */
  writeBuffer(request: WriteRequest | null, bytes: Buffer): number | WriteRequest;
  readonly writeQueueSize: number;
}

interface DirectWriter {
  directlyWritten(error?: Error): void;
}

type Connected = Socket & { _handle?: Partial<Handle> | null };

/**
 * The class of Node's write requests, which has no public name; null where this Node makes them itself, undefined until a
 * socket has shown it.
 */
let WriteRequest: (new () => WriteRequest) | null | undefined;
/** A request is only taken into use when the system cannot write at once: until then all sockets share this one. */
let spare: WriteRequest | null = null;

/** Whether a transport is a socket that can be written to past its stream. */
export function canWriteDirectly(transport: unknown): transport is Socket {
  if (!(transport instanceof Socket) || transport instanceof TLSSocket) return false;
  const handle = (transport as Connected)._handle;
  return typeof handle?.writeBuffer === 'function' && typeof handle.writeQueueSize === 'number';
}

/**
 * Writes bytes of a socket whose stream has nothing to write, past the stream: what that does for a write costs as much as
 * decoding and encoding five short messages. The bytes must stay as they are while some of them wait.
 *
 * @param writer told when those that wait are written
 * @returns how many bytes wait; -1 where nothing was written, and the stream has to do it (and to find out what is wrong)
 */
export function writeDirectly(socket: Socket, bytes: Buffer, writer: DirectWriter): number {
  const handle = (socket as Connected)._handle as Handle | null;
  if (handle === null) return -1;
  if (WriteRequest === undefined) {
    learnFrom(handle);
    return -1;
  }
  if (WriteRequest !== null) spare ??= new WriteRequest();
  const result = handle.writeBuffer(spare, bytes);
  if (typeof result === 'number' && result !== 0) return -1;
  const waiting = handle.writeQueueSize;
  // A request for nothing that waits is one that failed.
  if (waiting === 0) return result === 0 ? 0 : -1;
  const request = result === 0 ? spare! : (result as WriteRequest);
  spare = null;
  request.bytes = bytes;
  request.oncomplete = (status) => writer.directlyWritten(status < 0 ? writeError(status) : undefined);
  return waiting;
}

/** The next write of the stream shows what its requests are. */
function learnFrom(handle: Handle): void {
  const { writeBuffer } = handle;
  handle.writeBuffer = (request, bytes) => {
    Reflect.deleteProperty(handle, 'writeBuffer');
    WriteRequest = request === null ? null : (request.constructor as new () => WriteRequest);
    return writeBuffer.call(handle, request, bytes);
  };
}

function writeError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`write ${code}`), { errno: status, code, syscall: 'write' });
}
