import type { Duplex } from 'node:stream';

/** What a transport tells its connection. */
export interface TransportListener {
  transportData(chunk: Buffer): void;
  transportDrain(): void;
  transportEnd(): void;
  transportError(error: Error): void;
  transportClose(): void;
}

const listener = Symbol('switchboard.connection');

type Attached = Duplex & { [listener]: TransportListener };

// One set of functions for all connections: a closure for each event and connection would be most of what an idle one weighs.
function onData(this: Attached, chunk: Buffer): void {
  this[listener].transportData(chunk);
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
  Object.assign(transport, { [listener]: to });
  transport.on('data', onData);
  transport.on('drain', onDrain);
  transport.on('end', onEnd);
  transport.on('error', onError);
  transport.on('close', onClose);
}
