import { expect } from 'chai';
import {
  AdapterError,
  ConnectError,
  ConnectionClosedError,
  HandshakeError,
  InvalidOptionError,
  InvalidPayloadError,
  InvalidStateError,
  MessageTooBigError,
  OverloadError,
  PolicyError,
  ProtocolError,
  TimeoutError,
  WebSocketError,
} from '../../src/protocol/errors';

const code = { code: 'SOME_CODE' };
const table: Array<[error: WebSocketError, name: string, code: string, fault: string, closeCode: number]> = [
  [new HandshakeError('x', { status: 400 }), 'HandshakeError', 'HANDSHAKE_REFUSED', 'peer', 1008],
  [new ProtocolError('x', code), 'ProtocolError', 'SOME_CODE', 'peer', 1002],
  [new InvalidPayloadError('x'), 'InvalidPayloadError', 'INVALID_UTF8', 'peer', 1007],
  [new MessageTooBigError('x', code), 'MessageTooBigError', 'SOME_CODE', 'peer', 1009],
  [new PolicyError('x', code), 'PolicyError', 'SOME_CODE', 'peer', 1008],
  [new OverloadError('x', code), 'OverloadError', 'SOME_CODE', 'none', 1013],
  [new InvalidStateError('x'), 'InvalidStateError', 'INVALID_STATE', 'caller', 1011],
  [new InvalidOptionError('x'), 'InvalidOptionError', 'INVALID_OPTION', 'caller', 1011],
  [new ConnectionClosedError('x'), 'ConnectionClosedError', 'CONNECTION_CLOSED', 'none', 1006],
  [new ConnectError('x', code), 'ConnectError', 'SOME_CODE', 'none', 1006],
  [new TimeoutError('x', code), 'TimeoutError', 'SOME_CODE', 'none', 1006],
  [new AdapterError('x', code), 'AdapterError', 'SOME_CODE', 'backend', 1011],
  [new WebSocketError('x', code), 'WebSocketError', 'SOME_CODE', 'none', 1011],
];

describe('errors', () => {
  for (const [error, name, stableCode, fault, closeCode] of table) {
    it(`${name} says its code, who is at fault, and what the peer is told`, () => {
      expect(error).to.be.instanceOf(WebSocketError).and.to.be.instanceOf(Error);
      expect(error).to.include({ name, code: stableCode, fault, closeCode, message: 'x' });
      expect(error.stack).to.include(`${name}: x`);
    });
  }

  it('a class of an application’s own is at fault like the class it extends', () => {
    class RateError extends PolicyError {}
    class BurstError extends RateError {}
    expect(new BurstError('x', code)).to.include({ name: 'BurstError', fault: 'peer', closeCode: 1008 });
  });

  it('a class that a bundler gave another name keeps its row', () => {
    const renamed = { a: class a extends ProtocolError {} }.a;
    Object.defineProperty(renamed, 'name', { value: 'a' });
    expect(new renamed('x', code)).to.include({ fault: 'peer', closeCode: 1002 });
  });

  it('has a cause only where one was given', () => {
    const cause = new Error('why');
    expect(new TimeoutError('x', { ...code, cause }).cause).to.equal(cause);
    expect(new ConnectionClosedError('x', { cause }).cause).to.equal(cause);
    expect(new HandshakeError('x', { status: 400, cause }).cause).to.equal(cause);
    expect('cause' in new TimeoutError('x', code)).to.equal(false);
  });

  it('the caller may give its own code where a class has a usual one', () => {
    expect(new InvalidStateError('x', code).code).to.equal('SOME_CODE');
    expect(new InvalidOptionError('x', code).code).to.equal('SOME_CODE');
    expect(new HandshakeError('x', { status: 403, code: 'FOREIGN_ORIGIN' }).code).to.equal('FOREIGN_ORIGIN');
  });

  it('HandshakeError has the form that Express’s error handling knows', () => {
    const error = new HandshakeError('x', { status: 426, headers: { 'Sec-WebSocket-Version': '13' } });
    expect(error).to.include({ status: 426, statusCode: 426, expose: true });
    expect(error.headers).to.deep.equal({ 'Sec-WebSocket-Version': '13' });
    expect(new HandshakeError('x', { status: 400 }).headers).to.deep.equal({});
  });

  it('HandshakeError carries what another server answered, and shows it to nobody', () => {
    const response = { status: 401, headers: { 'www-authenticate': 'Basic' }, body: 'who are you?' };
    const error = new HandshakeError('x', { response });
    expect(error).to.include({ status: 401, expose: false, response, body: 'who are you?' });
    expect(error.headers['www-authenticate']).to.equal('Basic');
    // What Express would send of it.
    expect(Object.keys(error.headers)).to.deep.equal([]);
    expect(new HandshakeError('x', { status: 502 }).expose).to.equal(false);
    expect(new HandshakeError('x', { status: 400 }).response).to.equal(undefined);
  });
});
