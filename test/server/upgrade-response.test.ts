import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import { afterEarlierResponses, createUpgradeResponse, forwardDrain } from '../../src/server/upgrade-response';

const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {} } as IncomingMessage;

class Transport extends Duplex {
  written = '';
  /** How node:http marks the response that a socket is busy with. */
  _httpMessage: unknown;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.written += chunk.toString('latin1');
    callback();
  }
}

const transport = () => new Transport();

describe('createUpgradeResponse', () => {
  it('writes HTTP to the socket, and says that nothing follows', () => {
    const socket = transport();
    const response = createUpgradeResponse(request, socket);
    response.writeHead(404, { 'Content-Length': 2 }).end('no');
    expect(socket.written).to.match(/^HTTP\/1.1 404 Not Found\r\n/);
    expect(socket.written)
      .to.include('Connection: close\r\n')
      .and.match(/\r\n\r\nno$/);
  });
});

describe('forwardDrain', () => {
  it('wakes the response, and takes back that it needs to wait', () => {
    const socket = transport();
    const response = createUpgradeResponse(request, socket);
    response.writeHead(200);
    while (response.write('x'.repeat(10_000)));
    expect(response.writableNeedDrain).to.equal(true);
    let drained = 0;
    response.on('drain', () => drained++);
    forwardDrain.call(socket);
    expect(drained).to.equal(1);
    expect(response.writableNeedDrain).to.equal(false);
  });

  it('wakes nobody when there is no response, or it has ended', () => {
    const socket = transport();
    forwardDrain.call(socket);
    const response = createUpgradeResponse(request, socket);
    response.on('drain', () => expect.fail('woken'));
    response.end();
    forwardDrain.call(socket);
  });
});

describe('afterEarlierResponses', () => {
  it('calls back at once on an idle socket', () => {
    let called = false;
    afterEarlierResponses(transport(), () => {
      called = true;
    });
    expect(called).to.equal(true);
  });

  it('waits for all responses, one after the other, and looks after the socket meanwhile', () => {
    const socket = transport();
    const first = new EventEmitter() as ServerResponse;
    const second = new EventEmitter() as ServerResponse;
    const calls: string[] = [];
    socket._httpMessage = first;
    afterEarlierResponses(socket, () => calls.push('now'));
    socket.emit('error', new Error('reset'));
    first.on('drain', () => calls.push('drain'));
    socket.emit('drain');
    socket._httpMessage = second;
    first.emit('close');
    expect(calls).to.deep.equal(['drain']);
    socket._httpMessage = null;
    second.emit('close');
    expect(calls).to.deep.equal(['drain', 'now']);
    expect(socket.listenerCount('drain') + socket.listenerCount('error')).to.equal(0);
  });
});
