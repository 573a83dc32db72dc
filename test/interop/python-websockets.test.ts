import path from 'node:path';
import { expect } from 'chai';
import { connect } from '../../src';
import { debianPython } from '../support/debian-tool';
import { agreed, type DeflateParameters, expectCompression, told } from './support/deflate-cases';
import { describeOurClient } from './support/our-client';
import { PeerProcess } from './support/peer-process';
import { PeerServer } from './support/peer-server';
import { Relay } from './support/relay';

/** The functions in the list CHECKS of echo_client.py. */
const checks = [
  'text of every length',
  'binary of every length',
  'unicode unchanged',
  'a burst in order',
  'fragments sent',
  'fragments received',
  'pings both ways',
  'the client closes',
  'the server closes',
  'the server cuts the connection',
  'a message that is too big',
  'subprotocols',
  'a refused handshake',
  'compression',
];

/** The parameters of permessage-deflate by its RFC's names, as the Python classes take them. */
type PythonParameters = Record<string, boolean | number | null>;

/** Python's client says that its window can be limited, unless it is told otherwise by null. */
const clientParameters: PythonParameters[] = [
  {},
  { client_max_window_bits: null },
  { server_no_context_takeover: true },
  { client_no_context_takeover: true },
  { server_max_window_bits: 9 },
  { client_max_window_bits: 9 },
  {
    server_no_context_takeover: true,
    client_no_context_takeover: true,
    server_max_window_bits: 10,
    client_max_window_bits: 10,
  },
];

/** What Python's server is told. */
const serverParameters: PythonParameters[] = [
  {},
  { server_no_context_takeover: true },
  { client_no_context_takeover: true },
  { server_max_window_bits: 10 },
  { client_max_window_bits: 10 },
  {
    server_no_context_takeover: true,
    client_no_context_takeover: true,
    server_max_window_bits: 10,
    client_max_window_bits: 10,
  },
];

/** What our client then asks of it. */
const askedOfServer: DeflateParameters[] = [
  {},
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverMaxWindowBits: 9 },
  { clientMaxWindowBits: 9 },
];

describe('python3-websockets', () => {
  let python: string;
  before(function () {
    this.timeout(60_000);
    python = debianPython(this, 'websockets');
  });

  const script = (name: string) => path.join(__dirname, 'peers', name);

  describe('as client of our server', () => {
    const suites: Array<PythonParameters | null> = [null, ...clientParameters];
    let results: Array<Array<{ name: string; failure: string | null }>>;

    before(async function () {
      this.timeout(120_000);
      const server = await new PeerServer({ perMessageDeflate: { threshold: 0, clientMaxWindowBits: 15 } }).listen();
      const client = new PeerProcess();
      try {
        const parameters = JSON.stringify(suites);
        client.start(python, [script('echo_client.py'), `ws://${server.host}`, parameters]);
        results = JSON.parse(await client.finished());
      } finally {
        await client.stop();
        await server.close();
      }
    });

    for (const [index, parameters] of suites.entries()) {
      describe(parameters === null ? 'without compression' : JSON.stringify(parameters), () => {
        for (const name of checks) {
          it(name, () => {
            const result = results[index]?.find((result) => result.name === name);
            expect(result).to.deep.equal({ name, failure: null });
          });
        }
      });
    }
  });

  describe('as server of our client', () => {
    const server = new PeerProcess();
    let ports: number[];
    before(async () => {
      server.start(python, [script('echo_server.py'), JSON.stringify([null, ...serverParameters])]);
      ports = JSON.parse(await server.printed(/^\[.*\]$/m));
    });
    after(() => server.stop());

    describeOurClient('without compression', () => `ws://127.0.0.1:${ports[0]}`);
    describeOurClient(
      'with compression',
      () => `ws://127.0.0.1:${ports[1]}`,
      () => ({ perMessageDeflate: { threshold: 0 } }),
    );

    for (const [index, parameters] of serverParameters.entries()) {
      describe(`with compression, told ${JSON.stringify(parameters)}, and asked for`, () => {
        let relay: Relay;
        before(async () => {
          relay = await Relay.to(ports[index + 1]!);
        });
        after(() => relay.close());

        for (const asked of askedOfServer) {
          it(told(asked), async () => {
            const socket = await connect(`${relay.url}/echo`, { perMessageDeflate: { threshold: 0, ...asked } });
            try {
              const answer = agreed(socket.extensions);
              if (asked.serverNoContextTakeover) expect(answer).to.have.property('server_no_context_takeover');
              if (asked.serverMaxWindowBits)
                expect(Number(answer.server_max_window_bits)).to.be.at.most(asked.serverMaxWindowBits);
              for (const [name, value] of Object.entries(parameters)) {
                if (value === true) expect(answer).to.have.property(name);
                else expect(Number(answer[name])).to.be.at.most(Number(value));
              }
              await expectCompression(socket, relay, answer, 'server');
            } finally {
              socket.terminate();
            }
          });
        }
      });
    }
  });
});
