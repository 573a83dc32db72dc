import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readIntoSharedBuffer } from './shared-read-buffer';

/** What a transport tells its connection. */
export interface TransportListener {
  /** The first `length` bytes of the chunk have come. They may be changed, and are somebody else's after the call. */
  transportData(chunk: Buffer, length: number): void;
  transportDrain(): void;
  transportEnd(): void;
  transportError(error: Error): void;
  transportClose(): void;
}

const listener = Symbol('switchboard.connection');

type Attached = Duplex & { [listener]: TransportListener };

// One set of functions for all connections: a closure for each event and connection would be most of what an idle one weighs.
function onData(this: Attached, chunk: Buffer): void {
  // Where the socket had read something before, that was the last of it.
  if (this.listenerCount('data') === 1) readIntoSharedBuffer(this, onRead);
  this[listener].transportData(chunk, chunk.length);
}
function onRead(this: Socket, length: number, buffer: Buffer): boolean {
  (this as unknown as Attached)[listener].transportData(buffer, length);
  return true;
}
function onDrain(this: Attached): void {
  this[listener].transportDrain();
}
function onEnd(this: Attached): void {
  this[listener].transportEnd();
}
function onError(this: Attached, error: Error): void {
  this[listener].transportError(error);
}
function onClose(this: Attached): void {
  this.removeListener('data', onData);
  this.removeListener('drain', onDrain);
  this.removeListener('end', onEnd);
  this.removeListener('close', onClose);
  this[listener].transportClose();
}

/** Connects a transport with what listens to it, until it closes. Its errors stay listened to even then. */
export function attachTransport(transport: Duplex, to: TransportListener): void {
  (transport as Attached)[listener] = to;
  // A listener that is not needed is not added: it would be a tenth of what an idle connection weighs. Where somebody
  // else listens to the raw bytes, they go on coming by 'data'.
  const isShared = transport.listenerCount('data') === 0 && readIntoSharedBuffer(transport, onRead);
  if (isShared) transport.resume();
  else transport.on('data', onData);
  transport.on('end', onEnd);
  transport.on('error', onError);
  transport.on('close', onClose);
}

/** The transport is full: from now on it tells when it no longer is. */
export function awaitDrain(transport: Duplex): void {
  if (!transport.listeners('drain').includes(onDrain)) transport.on('drain', onDrain);
}
