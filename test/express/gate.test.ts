import { expect } from 'chai';
import type { ExpressRequest, Handle, Layer } from '../../src/express/express-internals';
import {
  gate,
  isUpgradeHandler,
  isUpgradeRoute,
  markUpgradeHandler,
  passedGate,
  upgradeRequired,
  wayAround,
} from '../../src/express/gate';
import { sampleKey } from '../support/raw-client';

function request(headers: Record<string, string> = {}): ExpressRequest {
  return { method: 'GET', httpVersion: '1.1', headers } as unknown as ExpressRequest;
}

const asking = {
  host: 'x',
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': sampleKey,
};

describe('gate', () => {
  it('sends an ordinary request on to other routes, and remembers that it passed', () => {
    const ordinary = request();
    expect(passedGate(ordinary)).to.equal(false);
    const next: unknown[] = [];
    gate(ordinary, {} as never, (error) => next.push(error));
    expect(next).to.deep.equal(['route']);
    expect(passedGate(ordinary)).to.equal(true);
  });

  it('marks the routes that take upgrades', () => {
    const route = (...handles: Handle[]) => ({
      stack: handles.map((handle) => ({ handle }) as Layer),
      get: () => route(),
    });
    const marked = markUpgradeHandler<Handle>(() => {});
    expect(isUpgradeHandler(gate)).to.equal(true);
    expect(isUpgradeHandler(() => {})).to.equal(false);
    expect(isUpgradeRoute(route(() => {}, marked))).to.equal(true);
    expect(isUpgradeRoute(route(() => {}))).to.equal(false);
    expect(isUpgradeRoute(route())).to.equal(false);
  });
});

describe('wayAround', () => {
  it('is free for whoever asks for nothing', () => {
    expect(wayAround(request())).to.equal(undefined);
    expect(wayAround(request({ upgrade: 'h2c' }))).to.equal(undefined);
  });

  it('is a 400 for half an upgrade request', () => {
    const { connection: _, ...half } = asking;
    expect(wayAround(request(half))).to.include({ status: 400, name: 'HandshakeError' });
  });

  it('names attach() for a whole one, which should not have come this way', () => {
    const error = wayAround(request(asking));
    expect(error).to.include({ code: 'SERVER_NOT_ATTACHED' });
    expect(error!.message).to.include('attach(server)');
  });
});

describe('upgradeRequired', () => {
  it('is 426 with what to upgrade to', () => {
    const { status, headers } = upgradeRequired();
    expect(status).to.equal(426);
    expect(headers).to.deep.equal({ Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' });
  });
});
