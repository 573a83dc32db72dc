import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { Relay } from './relay';

/** Parameters of permessage-deflate (RFC 7692, section 7.1), as `ws` and we name them. */
export interface DeflateParameters {
  serverNoContextTakeover?: boolean;
  clientNoContextTakeover?: boolean;
  serverMaxWindowBits?: number;
  clientMaxWindowBits?: number;
}

/** Every combination of both flags, and of no limit, the smallest and one in between for both windows. */
export const parameterSets: DeflateParameters[] = [];
for (const serverMaxWindowBits of [undefined, 9, 11]) {
  for (const clientMaxWindowBits of [undefined, 9, 11]) {
    for (const serverNoContextTakeover of [false, true]) {
      for (const clientNoContextTakeover of [false, true]) {
        parameterSets.push({
          ...(serverNoContextTakeover && { serverNoContextTakeover }),
          ...(clientNoContextTakeover && { clientNoContextTakeover }),
          ...(serverMaxWindowBits && { serverMaxWindowBits }),
          ...(clientMaxWindowBits && { clientMaxWindowBits }),
        });
      }
    }
  }
}

/** `serverMaxWindowBits 9, clientNoContextTakeover`: for titles. */
export function told(parameters: DeflateParameters): string {
  const words = Object.entries(parameters).map(([name, value]) => (value === true ? name : `${name} ${value}`));
  return words.join(', ') || 'nothing in particular';
}

/** The parameters of the extension, as they stand in the header. @throws Error when it was not agreed */
export function agreed(extensions: string): Record<string, string> {
  const [name, ...parameters] = extensions.split(';').map((part) => part.trim());
  if (name !== 'permessage-deflate') throw new Error(`Agreed was: ${extensions || 'no extension'}`);
  return Object.fromEntries(parameters.map((parameter) => [...parameter.split('='), ''].slice(0, 2)));
}

/** A connection to a server that echoes. */
export interface EchoClient {
  send(data: string | Buffer): unknown;
  receive(): Promise<string | Buffer | null>;
}

const repetitive = JSON.stringify(Array.from({ length: 1_000 }, (_, id) => ({ id, name: 'somebody', online: true })));

/**
 * Sends messages through the relay to a server that echoes, and checks that they come back, that they are short on the
 * wire, and that later ones refer to earlier ones where nothing forbids it, and only there.
 *
 * @param peer which end is not ours
 */
export async function expectCompression(
  client: EchoClient,
  relay: Relay,
  parameters: Record<string, string>,
  peer: 'client' | 'server',
): Promise<void> {
  const saved = await cost(client, relay, repetitive);
  expect(Math.max(saved.sent, saved.received), 'repetitive').to.be.below(repetitive.length / 5);

  // Short enough for the smallest window, and nothing in it repeats.
  const text = randomBytes(100).toString('hex');
  const first = await cost(client, relay, text);
  const second = await cost(client, relay, text);
  expectTakeover(first.sent, second.sent, 'client_no_context_takeover' in parameters, 'from the client');
  expectTakeover(first.received, second.received, 'server_no_context_takeover' in parameters, 'from the server');

  // The peer refers as far back as it may: we have to have kept all of it. zlib leaves out the last 262 bytes of a window.
  const window = 2 ** Number(parameters[`${peer}_max_window_bits`] ?? 15);
  const far = randomBytes(Math.min(0.7 * window, window - 290) / 2).toString('hex');
  const direction = peer === 'client' ? 'sent' : 'received';
  const farFirst = (await cost(client, relay, far))[direction];
  const farSecond = (await cost(client, relay, far))[direction];
  expectTakeover(farFirst, farSecond, `${peer}_no_context_takeover` in parameters, `from the ${peer}, far back`);

  // Beyond every window, with and without patterns, and messages that compression makes no shorter between the others.
  for (const data of [randomBytes(40_000), Buffer.from(repetitive), '', 'é'.repeat(40_000), Buffer.alloc(0), text]) {
    await cost(client, relay, data);
  }
}

function expectTakeover(first: number, second: number, isForbidden: boolean, from: string): void {
  if (isForbidden) expect(second, `${from}, without context`).to.be.above(first * 0.8);
  else expect(second, `${from}, with context`).to.be.below(first / 3);
}

async function cost(
  client: EchoClient,
  relay: Relay,
  data: string | Buffer,
): Promise<{ sent: number; received: number }> {
  const { sent, received } = relay;
  client.send(data);
  const answer = await client.receive();
  expect(typeof answer).to.equal(typeof data);
  expect(Buffer.compare(Buffer.from(answer as string), Buffer.from(data as string)), 'echo').to.equal(0);
  return { sent: relay.sent - sent, received: relay.received - received };
}
