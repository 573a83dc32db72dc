import { expect } from 'chai';
import type { WebSocketConnection } from '../../src/connection/websocket-connection';
import { HandshakeError } from '../../src/protocol/errors';
import { Admission, type Seat } from '../../src/server/admission';
import { type AdmissionOptions, resolveAdmission } from '../../src/server/admission-options';

/** What an admission needs of a connection. */
class Connection {
  private callbacks: Array<(connection: unknown) => void> = [];
  whenClosed(callback: (connection: unknown) => void): void {
    this.callbacks.push(callback);
  }
  close(): void {
    for (const callback of this.callbacks) callback(this);
  }
}

function admissionWith(options: AdmissionOptions): Admission {
  return new Admission(resolveAdmission(options));
}

function open(seat: Seat): Connection {
  const connection = new Connection();
  seat.opened(connection as unknown as WebSocketConnection);
  return connection;
}

function refusal(run: () => unknown): HandshakeError {
  try {
    run();
  } catch (error) {
    if (error instanceof HandshakeError) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

const at = (address: string) => () => address;
const nowhere = () => undefined;

describe('Admission', () => {
  it('lets everything in where nothing is limited, and asks for no address', () => {
    const admission = admissionWith({ maxPendingHandshakes: false });
    const ask = () => {
      throw new Error('asked for the address');
    };
    for (let i = 0; i < 2000; i++) admission.enter(ask).take();
    expect(admission.pending).to.equal(2000);
  });

  it('keeps nothing of a connection where connections are not limited', () => {
    const seat = admissionWith({}).enter(nowhere);
    seat.take();
    const connection = new Connection();
    connection.whenClosed = () => {
      throw new Error('listened to');
    };
    seat.opened(connection as unknown as WebSocketConnection);
  });

  it('counts as connections those that are seated, and refuses others when they come', () => {
    const admission = admissionWith({ maxConnections: 2 });
    const waiting = Array.from({ length: 3 }, () => admission.enter(nowhere));
    waiting[0]!.take();
    waiting[1]!.take();
    expect(refusal(() => waiting[2]!.take())).to.include({ status: 503, code: 'TOO_MANY_CONNECTIONS' });
    const late = refusal(() => admission.enter(nowhere));
    expect(late.message).to.equal('This server has no room for more than 2 WebSockets (maxConnections)');
    expect(late.headers).to.deep.equal({ 'Retry-After': '5' });
    waiting[0]!.release();
    waiting[2]!.take();
    open(waiting[2]!).close();
    admission.enter(nowhere).take();
    expect(refusal(() => admission.enter(nowhere)).code).to.equal('TOO_MANY_CONNECTIONS');
  });

  it('counts them by address; who has none is not counted by it', () => {
    const admission = admissionWith({ maxConnectionsPerAddress: 1 });
    const first = admission.enter(at('a'));
    first.take();
    const connection = open(first);
    const error = refusal(() => admission.enter(at('a')));
    expect(error).to.include({ status: 429, code: 'TOO_MANY_CONNECTIONS_FROM_ADDRESS' });
    expect(error.message).to.equal(
      'One address may have no more than 1 WebSocket open here (maxConnectionsPerAddress)',
    );
    admission.enter(at('b')).take();
    for (let i = 0; i < 5; i++) admission.enter(nowhere).take();
    connection.close();
    admission.enter(at('a')).take();
  });

  it('refuses the second of one address that is accepted at the same time', () => {
    const admission = admissionWith({ maxConnectionsPerAddress: 1 });
    const seats = [admission.enter(at('a')), admission.enter(at('a'))];
    seats[0]!.take();
    expect(refusal(() => seats[1]!.take()).code).to.equal('TOO_MANY_CONNECTIONS_FROM_ADDRESS');
  });

  it('counts them by user', () => {
    const admission = admissionWith({ maxConnectionsPerUser: 1 });
    const seats = Array.from({ length: 2 }, () => admission.enter(nowhere));
    for (const seat of seats) seat.take();
    seats[0]!.takeFor('ann');
    const error = refusal(() => seats[1]!.takeFor('ann'));
    expect(error).to.include({ status: 429, code: 'TOO_MANY_CONNECTIONS_OF_USER' });
    expect(error.message).to.equal('One user may have no more than 1 WebSocket open here (maxConnectionsPerUser)');
    open(seats[0]!).close();
    seats[1]!.takeFor('ann');
  });

  it('counts the user of an open connection, where nobody could know it before', () => {
    const admission = admissionWith({ maxConnectionsPerUser: 1 });
    const connections = Array.from({ length: 2 }, () => {
      const seat = admission.enter(nowhere);
      seat.take();
      return open(seat) as unknown as WebSocketConnection & Connection;
    });
    const [first, second] = connections as [Connection & WebSocketConnection, Connection & WebSocketConnection];
    admission.identify(first, 'ann');
    expect(refusal(() => admission.identify(second, 'ann')).code).to.equal('TOO_MANY_CONNECTIONS_OF_USER');
    first.close();
    admission.identify(second, 'ann');
  });

  it('limits the handshakes that wait, in all and by address', () => {
    const admission = admissionWith({ maxPendingHandshakes: 3, maxPendingHandshakesPerAddress: 2 });
    const seats = [admission.enter(at('a')), admission.enter(at('a'))];
    const one = refusal(() => admission.enter(at('a')));
    expect(one).to.include({ status: 429, code: 'TOO_MANY_HANDSHAKES_FROM_ADDRESS' });
    expect(one.message).to.include('2 opening handshakes').and.include('maxPendingHandshakesPerAddress');
    admission.enter(at('b'));
    const all = refusal(() => admission.enter(at('c')));
    expect(all).to.include({ status: 503, code: 'TOO_MANY_HANDSHAKES' });
    expect(all.message).to.equal('This server lets no more than 3 opening handshakes wait (maxPendingHandshakes)');
    expect([one.headers, all.headers]).to.deep.equal([{ 'Retry-After': '1' }, { 'Retry-After': '1' }]);
    open(seats[0]!);
    admission.enter(at('a'));
    seats[1]!.release();
    expect(admission.pending).to.equal(2);
  });

  it('counts nothing twice, whatever comes in whatever order', () => {
    const admission = admissionWith({ maxConnections: 1, maxConnectionsPerUser: 1 });
    const seat = admission.enter(nowhere);
    seat.take();
    seat.take();
    seat.takeFor('ann');
    seat.takeFor('ann');
    seat.release();
    seat.release();
    // The client has left; what middleware does later takes no seat that nobody would give back.
    seat.take();
    seat.takeFor('ann');
    open(seat);
    expect(admission.pending).to.equal(0);
    const next = admission.enter(nowhere);
    next.take();
    next.takeFor('ann');
  });

  it('keeps no address and no user of whom nobody is left', () => {
    const options = { maxConnections: 99, maxConnectionsPerAddress: 2, maxConnectionsPerUser: 2 };
    const admission = admissionWith({ ...options, maxPendingHandshakesPerAddress: 2 });
    for (let i = 0; i < 50; i++) {
      const seat = admission.enter(at(`address ${i}`));
      seat.take();
      seat.takeFor(`user ${i}`);
      if (i % 2 === 0) seat.release();
      else open(seat).close();
    }
    for (const name of ['handshakesFrom', 'connectionsFrom', 'connectionsOf', 'seats']) {
      expect((Reflect.get(admission, name) as { size: number }).size, name).to.equal(0);
    }
  });
});
