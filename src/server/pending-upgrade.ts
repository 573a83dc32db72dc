import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Counters, uncounted } from '../diagnostics/counters';
import { HandshakeRecord } from '../diagnostics/handshake-record';
import { HandshakeError } from '../protocol/errors';
import type { Seat } from './admission';
import { EarlyBytes } from './early-bytes';
import { refuseUpgrade } from './refuse-upgrade';
import { createUpgradeResponse, forwardDrain, ignoreError } from './upgrade-response';

/** Milliseconds for a refused client to take its answer and leave, where less is left of the handshake's deadline. */
const lingerTimeout = 2_000;

const mark: unique symbol = Symbol('switchboard.pendingUpgrade');

/** node:http sets `upgrade` on every request; its types do not know. */
type MarkedRequest = IncomingMessage & { upgrade?: boolean | null; [mark]?: PendingUpgrade | undefined };

/** The upgrade that this request asks for; undefined for an ordinary request, and when it is accepted. */
export function pendingUpgrade(request: IncomingMessage): PendingUpgrade | undefined {
  // The first look is at a property that every request has: ordinary requests pay no more than that.
  return (request as MarkedRequest).upgrade ? (request as MarkedRequest)[mark] : undefined;
}

export interface PendingUpgradeInit {
  server: Server;
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  /** Milliseconds until it is refused with 503. */
  handshakeTimeout: number;
  /** Called once, when it is accepted or its socket is closed. */
  onSettled: (pending: PendingUpgrade) => void;
  /** Where it is counted. @default nowhere */
  counters?: Counters | undefined;
}

/**
 * An upgrade request between its arrival and its answer. Node has let go of the socket, so all that it does for
 * ordinary requests is done here: noticing a client that leaves, waking a response that waits for its socket,
 * ending the socket after a refusal, and a deadline, for no timeout of node:http reaches an upgraded socket.
 */
export class PendingUpgrade {
  readonly server: Server;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly response: ServerResponse;
  /** Where it is counted, as pending and then as a connection; undefined where nobody counts. */
  seat: Seat | undefined;
  /** Why it was refused, where it was by an error: error middleware may have put it into other words. */
  refusal: HandshakeError | undefined;
  readonly record: HandshakeRecord;
  private readonly handshakeTimeout: number;
  private readonly onSettled: (pending: PendingUpgrade) => void;
  /** What came after the request head: frames of a client that does not wait for the 101. */
  private readonly early = new EarlyBytes();
  /** Runs while the socket is watched. */
  private deadline: NodeJS.Timeout | undefined;
  private refused = false;
  private released = false;

  constructor(init: PendingUpgradeInit) {
    const { request, socket, head } = init;
    this.server = init.server;
    this.request = request;
    this.record = new HandshakeRecord(request, init.counters ?? uncounted);
    this.socket = socket;
    this.handshakeTimeout = init.handshakeTimeout;
    this.onSettled = init.onSettled;
    if (head.length > 0) this.early.add(head);
    (request as MarkedRequest)[mark] = this;
    // An inactivity timeout of the server has its own idea of when to cut; the deadline below replaces it.
    if (typeof (socket as Socket).setTimeout === 'function') (socket as Socket).setTimeout(0);
    this.response = createUpgradeResponse(request, socket);
    this.response.on('finish', this.onFinish);
  }

  /**
   * Looks after the socket from now on, unless it is released. To be called as soon as the application has been handed
   * the request: no event of the socket comes before that, and where the application has accepted at once there is
   * nothing left to look after, which spares most handshakes a timer and five listeners.
   */
  watch(): void {
    if (this.released) return;
    const { socket } = this;
    socket.on('error', ignoreError);
    socket.on('close', this.onClose);
    socket.on('drain', forwardDrain);
    socket.on('end', this.onEnd);
    // Only a socket that is read tells that its client has gone.
    socket.on('data', this.onData);
    socket.resume();
    this.deadline = setTimeout(this.onDeadline, this.handshakeTimeout);
    this.refuseFlood();
  }

  /** The client has left, or was refused while the application thought: there is nobody to answer. */
  get abandoned(): boolean {
    return this.refused || this.socket.destroyed;
  }

  /** Nothing will come of it any more that would have it give a seat back: its client has left, or its answer has begun. */
  get isOver(): boolean {
    return this.abandoned || this.response.headersSent;
  }

  /** Answers with this error, unless an answer has begun. */
  refuse(error: HandshakeError): void {
    if (!this.response.headersSent) {
      this.refused = true;
      this.refusal = error;
    }
    refuseUpgrade(this.response, error);
  }

  /**
   * Lets go of the socket after the 101, as it was in `'upgrade'`: neither flowing nor paused.
   *
   * @returns the bytes that came after the request head
   */
  release(): Buffer {
    this.released = true;
    if (this.deadline !== undefined) this.stopWatching();
    this.response.detachSocket(this.socket as Socket);
    (this.request as MarkedRequest)[mark] = undefined;
    this.onSettled(this);
    return this.early.take();
  }

  private stopWatching(): void {
    clearTimeout(this.deadline);
    const { socket } = this;
    socket.pause();
    socket.off('error', ignoreError);
    socket.off('close', this.onClose);
    socket.off('drain', forwardDrain);
    socket.off('end', this.onEnd);
    socket.off('data', this.onData);
    // Only so does the next 'data' listener make it flow again; node:http does the same before it emits 'upgrade'.
    (socket as { readableFlowing: boolean | null }).readableFlowing = null;
  }

  private readonly onData = (chunk: Buffer): void => {
    // After a refusal whatever comes is thrown away, but read: a socket closed over unread bytes resets the
    // connection, and the client may never see why it was refused.
    // Behind a 101 that is still on its way out, these are frames.
    if (this.refused || (this.response.writableEnded && this.response.statusCode !== 101)) return;
    this.early.add(chunk);
    this.refuseFlood();
  };

  /** A client waits for its answer. One that does not, or thousands, mean no good. */
  private refuseFlood(): void {
    const { problem } = this.early;
    if (problem === undefined) return;
    if (this.response.headersSent) {
      // Its 101 is under way, and it may have seen that.
      this.socket.pause();
      return;
    }
    this.early.take();
    this.refuse(new HandshakeError(problem, { status: 503, code: 'EARLY_BYTES', headers: { 'Retry-After': '1' } }));
  }

  /** Half a connection is no use to a WebSocket: a client that ends before the 101 has given up. */
  private readonly onEnd = (): void => {
    if (this.response.writableEnded) this.socket.end();
    else this.socket.destroy();
  };

  private readonly onClose = (): void => {
    clearTimeout(this.deadline);
    // The mark stays: what middleware does later it still does for an upgrade, though nobody waits for it.
    // Middleware that waits learns it as it does for ordinary requests: 'aborted' and 'close' on the request.
    if (!this.response.writableEnded) this.request.destroy();
    this.seat?.release();
    this.early.take();
    const { headersSent, statusCode } = this.response;
    if (headersSent && statusCode !== 101) this.record.refused(statusCode, this.refusal);
    else this.record.left(this.refusal);
    this.onSettled(this);
  };

  private readonly onFinish = (): void => {
    const { response, socket } = this;
    // Node emits it at the end of every response, and loggers and streams wait for it.
    process.nextTick(() => response.emit('close'));
    // Accepted: the socket is, or is about to be, released.
    if (response.statusCode === 101) return;
    this.seat?.release();
    this.record.refused(response.statusCode, this.refusal);
    this.early.take();
    response.detachSocket(socket as Socket);
    socket.resume();
    socket.end();
    this.rearm(Math.min(this.handshakeTimeout, lingerTimeout));
  };

  private readonly onDeadline = (): void => {
    const { response, socket, handshakeTimeout } = this;
    const error = new HandshakeError(
      `The server did not answer the opening handshake within ${handshakeTimeout} ms (handshakeTimeout)`,
      { status: 503, code: 'HANDSHAKE_TIMEOUT' },
    );
    if (response.headersSent) {
      this.refusal ??= error;
      socket.destroy();
      return;
    }
    this.refuse(error);
    this.rearm(lingerTimeout);
  };

  private rearm(delay: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.socket.destroy(), delay);
  }
}
