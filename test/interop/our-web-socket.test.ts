import { WebSocket } from '../../src';
import { commonChecks, deflateChecks, deflatingClientChecks, plainChecks } from './support/checks';
import { describeChecks } from './support/describe-checks';
import { compressing, PeerServer } from './support/peer-server';

/** Our class, with the checks that the browsers' own pass. */
describe('our WebSocket and our server', () => {
  const plain = new PeerServer();
  const compressed = new PeerServer(compressing);
  before(() => Promise.all([plain.listen(), compressed.listen()]));
  after(() => Promise.all([plain.close(), compressed.close()]));

  /** Browsers offer compression without being told. */
  class Compressing extends WebSocket {
    constructor(url: string, protocols: string[] = []) {
      super(url, { protocols, perMessageDeflate: { threshold: 0 } });
    }
  }

  describeChecks('without compression', { ...commonChecks, ...plainChecks }, () => ({
    WebSocket,
    url: `ws://${plain.host}`,
  }));
  describeChecks('with compression', { ...commonChecks, ...deflateChecks, ...deflatingClientChecks }, () => ({
    WebSocket: Compressing,
    url: `ws://${compressed.host}`,
  }));
});
