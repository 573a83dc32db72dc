import { natsAdapter } from '../../src/nats';
import { debianTool } from '../support/debian-tool';
import { NatsServer } from '../support/nats-server';
import { adapterContract } from './support/adapter-contract';

describe('the NATS adapter', () => {
  let server: NatsServer;

  before(async function () {
    const program = debianTool(this, 'nats-server');
    server = await NatsServer.start(program);
  });

  after(() => server?.stop());

  adapterContract(() => ({ adapter: async () => natsAdapter(await server.connect()) }));
});
