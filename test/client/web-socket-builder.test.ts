import { expect } from 'chai';
import { WebSocketBuilder } from '../../src/client/web-socket-builder';
import { InvalidOptionError, MessageTooBigError } from '../../src/protocol/errors';
import { serverText } from '../support/raw-client';
import { acceptance, headerOf, RawServer } from './support/raw-server';
import { rejectionOf } from './support/rejection-of';

describe('WebSocketBuilder', () => {
  let server: RawServer;

  beforeEach(async () => {
    server = await RawServer.listen((socket, head) =>
      socket.write(Buffer.concat([Buffer.from(acceptance(head)), serverText('hello')])),
    );
  });

  afterEach(() => server.close());

  it('collects what connect() takes', async () => {
    const builder = new WebSocketBuilder(server.url)
      .header('Cookie', 'a=b')
      .header('X-A', '1')
      .headers({ 'x-a': '2', 'X-B': '3' })
      .headers(new Headers({ 'X-C': '4' }))
      .subprotocols('a', 'b')
      .subprotocols('c')
      .origin('https://app.example')
      .tls({ ca: 'one' })
      .tls({ servername: 'two' })
      .option('maxMessageSize', 4)
      .option('pingInterval', false);
    const connection = await builder.connect();
    connection.on('message', () => {});
    expect((await connection.closed).cause).to.be.instanceOf(MessageTooBigError);
    const [head = ''] = server.heads;
    expect(head.match(/^x-.*$/gim)).to.deep.equal(['x-a: 2', 'X-B: 3', 'x-c: 4']);
    expect(headerOf(head, 'Cookie')).to.equal('a=b');
    expect(headerOf(head, 'Sec-WebSocket-Protocol')).to.equal('a, b, c');
    expect(headerOf(head, 'Origin')).to.equal('https://app.example');
  });

  it('connects as often as it is asked to', async () => {
    const builder = new WebSocketBuilder(server.url).header('X-A', '1').option('pingInterval', false);
    const first = await builder.connect();
    const second = await builder.header('X-A', '2').connect();
    expect(first).not.to.equal(second);
    expect(server.heads.map((head) => headerOf(head, 'X-A'))).to.deep.equal(['1', '2']);
    first.terminate();
    second.terminate();
  });

  it('takes lists of subprotocols as well', async () => {
    const error = await rejectionOf(
      InvalidOptionError,
      new WebSocketBuilder(server.url).subprotocols(['a', 'b'], 'a').connect(),
    );
    expect(error.message).to.include('"a" is offered twice');
  });

  it('refuses as option() what has a method of its own', () => {
    const builder = new WebSocketBuilder(server.url);
    expect(() => builder.option('headers' as never, {} as never)).to.throw(InvalidOptionError, '.header(name, value)');
    expect(() => builder.option('subprotocols' as never, [] as never)).to.throw(InvalidOptionError, '.subprotocols(');
  });

  it('leaves checking to connect()', async () => {
    const wrong = [
      new WebSocketBuilder('nowhere'),
      new WebSocketBuilder(server.url).header('Upgrade', 'h2c'),
      new WebSocketBuilder(server.url).subprotocols('a', 'a'),
      new WebSocketBuilder(server.url).option('handshakeTimeout', -1),
      new WebSocketBuilder(server.url).option('maxPayload' as 'maxMessageSize', 1),
    ];
    for (const builder of wrong) await rejectionOf(InvalidOptionError, builder.connect());
    expect(server.sockets).to.have.length(0);
  });
});
