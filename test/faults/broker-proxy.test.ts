import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { BrokerProxy } from './support/broker-proxy';

describe('broker proxy', () => {
  let echo: Server;
  let sockets: Set<Socket>;
  let proxy: BrokerProxy;

  beforeEach(async () => {
    sockets = new Set();
    echo = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await BrokerProxy.open((echo.address() as AddressInfo).port);
  });
  afterEach(async () => {
    await proxy.close();
    echo.close();
    await once(echo, 'close');
    expect(proxy.connections).to.equal(0);
  });

  /** With what it has got, and how it ended. */
  async function open(): Promise<{ socket: Socket; got: () => string; closed: Promise<void> }> {
    const socket = connect(proxy.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => {});
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    // A reset may come first.
    await Promise.race([new Promise<void>((resolve) => socket.once('connect', resolve)), closed]);
    return { socket, got: () => text, closed };
  }

  it('passes on both ways, and the end', async () => {
    const { socket, got } = await open();
    socket.end('hello');
    await once(socket, 'close');
    expect(got()).to.equal('hello');
  });

  it('delays each way, in order', async () => {
    const { socket, got } = await open();
    proxy.delay(60);
    const began = performance.now();
    socket.write('one ');
    await delay(10);
    socket.end('two');
    await once(socket, 'close');
    expect(got()).to.equal('one two');
    expect(performance.now() - began).to.be.at.least(110);
  });

  it('holds everything back, and passes it on when it is healed', async () => {
    const { socket, got } = await open();
    socket.write('before ');
    await once(socket, 'data');
    proxy.hold();
    socket.write('meanwhile');
    const { socket: late, got: gotLate } = await open();
    late.write('late');
    await delay(100);
    expect(got()).to.equal('before ');
    expect(gotLate()).to.equal('');
    proxy.heal();
    await Promise.all([once(socket, 'data'), once(late, 'data')]);
    expect(got()).to.equal('before meanwhile');
    expect(gotLate()).to.equal('late');
    socket.destroy();
    late.destroy();
  });

  it('keeps an end from the other side while it holds', async () => {
    const { socket } = await open();
    socket.write('x');
    await once(socket, 'data');
    proxy.hold();
    socket.destroy();
    await delay(50);
    expect(sockets.size).to.equal(1);
    const [other] = sockets;
    proxy.heal();
    await once(other!, 'close');
  });

  it('cuts connections, and refuses new ones until it is healed', async () => {
    const { closed } = await open();
    proxy.cut();
    await closed;
    const refused = await open();
    await refused.closed;
    proxy.heal();
    const again = await open();
    again.socket.end('x');
    await again.closed;
    expect(again.got()).to.equal('x');
  });
});
