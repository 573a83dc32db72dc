import type { WebSocketConnection } from '../connection/websocket-connection';
import { HandshakeError } from '../protocol/errors';
import type { AdmissionLimits } from './admission-options';
import { Tally } from './tally';

/**
 * Counts upgrade requests and connections, and refuses those that are too many.
 *
 * A request is looked at twice. When it comes it is refused, at no further cost, where it could not be accepted now. When it
 * is about to be accepted it takes a seat, before anything is waited for: so no number of requests that come at once gets
 * past a limit, and requests that middleware has not let pass take no seats from others.
 */
export class Admission {
  private handshakes = 0;
  private connections = 0;
  private readonly handshakesFrom = new Tally();
  private readonly connectionsFrom = new Tally();
  private readonly connectionsOf = new Tally();
  /** Of open connections. */
  private readonly seats = new Map<WebSocketConnection, Seat>();
  /** Where connections are not limited, nothing is kept of them. */
  private readonly countsConnections: boolean;
  /** Whether `enter()` asks for the address. */
  private readonly asksAddress: boolean;

  constructor(private readonly limits: AdmissionLimits) {
    const { maxConnections, maxConnectionsPerAddress, maxConnectionsPerUser, maxPendingHandshakesPerAddress } = limits;
    this.countsConnections = [maxConnections, maxConnectionsPerAddress, maxConnectionsPerUser].some(Number.isFinite);
    this.asksAddress = [maxConnectionsPerAddress, maxPendingHandshakesPerAddress].some(Number.isFinite);
  }

  /** Upgrade requests that have no answer yet. */
  get pending(): number {
    return this.handshakes;
  }

  /**
   * Counts an upgrade request that has come.
   *
   * @param addressOf the name that the client's address is counted by; asked only where it is needed
   * @throws HandshakeError where it is one too many, or its connection would be
   */
  enter(addressOf: () => string | undefined): Seat {
    const { maxPendingHandshakes, maxPendingHandshakesPerAddress } = this.limits;
    if (this.handshakes >= maxPendingHandshakes) throw tooManyHandshakes(maxPendingHandshakes);
    this.refuseWhereFull();
    const address = this.asksAddress ? addressOf() : undefined;
    if (address !== undefined) {
      if (this.handshakesFrom.of(address) >= maxPendingHandshakesPerAddress)
        throw tooManyHandshakesFrom(maxPendingHandshakesPerAddress);
      this.refuseWhereFullFor(address);
      this.handshakesFrom.add(address);
    }
    this.handshakes++;
    return new Seat(this, address);
  }

  /** @internal */
  answered({ address }: Seat): void {
    this.handshakes--;
    if (address !== undefined) this.handshakesFrom.remove(address);
  }

  /** @returns whether connections are counted @internal */
  taken({ address }: Seat): boolean {
    if (!this.countsConnections) return false;
    this.refuseWhereFull();
    if (address !== undefined) {
      this.refuseWhereFullFor(address);
      this.connectionsFrom.add(address);
    }
    this.connections++;
    return true;
  }

  /** @internal */
  takenFor(user: string): void {
    const { maxConnectionsPerUser } = this.limits;
    if (this.connectionsOf.of(user) >= maxConnectionsPerUser) throw tooManyOfUser(maxConnectionsPerUser);
    this.connectionsOf.add(user);
  }

  /** @internal */
  left({ address, user }: Seat): void {
    this.connections--;
    if (address !== undefined) this.connectionsFrom.remove(address);
    if (user !== undefined) this.connectionsOf.remove(user);
  }

  /** Keeps it until the connection has closed. @internal */
  keep(connection: WebSocketConnection, seat: Seat): void {
    this.seats.set(connection, seat);
    connection.whenClosed(this.onClosed);
  }

  /**
   * Counts an open connection as one of a user, where nobody could know that before.
   *
   * @throws HandshakeError where it is one too many
   */
  identify(connection: WebSocketConnection, user: string): void {
    this.seats.get(connection)?.takeFor(user);
  }

  /** One function for all connections. */
  private readonly onClosed = (connection: WebSocketConnection): void => {
    const seat = this.seats.get(connection);
    this.seats.delete(connection);
    seat?.release();
  };

  private refuseWhereFull(): void {
    const { maxConnections } = this.limits;
    if (this.connections >= maxConnections) throw tooMany(maxConnections);
  }

  private refuseWhereFullFor(address: string): void {
    const { maxConnectionsPerAddress } = this.limits;
    if (this.connectionsFrom.of(address) >= maxConnectionsPerAddress) throw tooManyFrom(maxConnectionsPerAddress);
  }
}

/** What one upgrade request, and the connection that it becomes, is counted by. */
export class Seat {
  /** @internal */
  user: string | undefined;
  private isPending = true;
  private isTaken = false;

  /** @internal */
  constructor(
    readonly admission: Admission,
    /** @internal */
    readonly address: string | undefined,
  ) {}

  /**
   * Counts it as a connection from now on.
   *
   * @throws HandshakeError where that is one too many
   */
  take(): void {
    if (this.isPending && !this.isTaken) this.isTaken = this.admission.taken(this);
  }

  /** Counts its connection as one of a user, once the seat is taken. @throws HandshakeError where that is one too many */
  takeFor(user: string): void {
    if (!this.isTaken || this.user !== undefined) return;
    this.admission.takenFor(user);
    this.user = user;
  }

  /** The 101 is out. */
  opened(connection: WebSocketConnection): void {
    this.answered();
    if (this.isTaken) this.admission.keep(connection, this);
  }

  /** It has its answer, and that is no 101; or its client has left, or its connection has closed. */
  release(): void {
    this.answered();
    if (!this.isTaken) return;
    this.isTaken = false;
    this.admission.left(this);
  }

  private answered(): void {
    if (!this.isPending) return;
    this.isPending = false;
    this.admission.answered(this);
  }
}

function tooMany(limit: number): HandshakeError {
  return new HandshakeError(`This server has no room for more than ${connections(limit)} (maxConnections)`, {
    status: 503,
    code: 'TOO_MANY_CONNECTIONS',
    headers: { 'Retry-After': '5' },
  });
}

function tooManyFrom(limit: number): HandshakeError {
  return new HandshakeError(
    `One address may have no more than ${connections(limit)} open here (maxConnectionsPerAddress)`,
    { status: 429, code: 'TOO_MANY_CONNECTIONS_FROM_ADDRESS', headers: { 'Retry-After': '5' } },
  );
}

function tooManyOfUser(limit: number): HandshakeError {
  return new HandshakeError(`One user may have no more than ${connections(limit)} open here (maxConnectionsPerUser)`, {
    status: 429,
    code: 'TOO_MANY_CONNECTIONS_OF_USER',
    headers: { 'Retry-After': '5' },
  });
}

function tooManyHandshakes(limit: number): HandshakeError {
  return new HandshakeError(`This server lets no more than ${handshakes(limit)} wait (maxPendingHandshakes)`, {
    status: 503,
    code: 'TOO_MANY_HANDSHAKES',
    headers: { 'Retry-After': '1' },
  });
}

function tooManyHandshakesFrom(limit: number): HandshakeError {
  return new HandshakeError(
    `One address may have no more than ${handshakes(limit)} waiting here (maxPendingHandshakesPerAddress)`,
    { status: 429, code: 'TOO_MANY_HANDSHAKES_FROM_ADDRESS', headers: { 'Retry-After': '1' } },
  );
}

function connections(count: number): string {
  return count === 1 ? '1 WebSocket' : `${count} WebSockets`;
}

function handshakes(count: number): string {
  return count === 1 ? '1 opening handshake' : `${count} opening handshakes`;
}
