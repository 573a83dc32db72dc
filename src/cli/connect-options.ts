import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ConnectOptions } from '../client/options';
import { usageFailure } from './failure';
import { byteSize, collect, duration } from './values';

/** The options of every command that connects, as the parser gives them. */
export interface ConnectFlags {
  header?: readonly string[];
  subprotocol?: readonly string[];
  auth?: string;
  bearer?: string;
  origin?: string;
  /** False for `--no-proxy`. */
  proxy?: string | boolean;
  insecure?: true;
  cacert?: string;
  http2?: true;
  compress?: true;
  followRedirects?: true;
  maxMessageSize?: number;
  connectTimeout?: number;
}

/** Gives a command the options that say how to connect. */
export function addConnectOptions(command: Command): Command {
  return command
    .optionsGroup('How to connect:')
    .option('-H, --header <name: value>', 'a header of the opening handshake; may be given several times', collect)
    .option('-s, --subprotocol <name>', 'a subprotocol to offer, the favourite first; several times', collect)
    .option('-a, --auth <user:password>', 'HTTP Basic authentication')
    .option('-b, --bearer <token>', 'the header Authorization: Bearer …')
    .option('-o, --origin <origin>', 'the header Origin, as a browser would send it')
    .option('-x, --proxy <url>', 'an HTTP proxy (default: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say)')
    .option('--no-proxy', 'no proxy, whatever the environment says')
    .option('-k, --insecure', "trust every server's certificate: do not use it where somebody may listen")
    .option('--cacert <file>', 'trust the certificates of this PEM file, and no others')
    .option('--http2', 'over HTTP/2 (RFC 8441)')
    .option('--compress', 'offer permessage-deflate')
    .option('-L, --follow-redirects', 'follow up to 5 redirects')
    .option('--max-message-size <bytes>', 'the largest message to take, as 64k or 16m (default: 1m)', byteSize)
    .option('--connect-timeout <duration>', 'how long the opening handshake may take (default: 10s)', duration)
    .optionsGroup('Options:');
}

/**
 * What `connect()` gets for the flags.
 *
 * @throws Failure for flags that contradict each other, and for a file that cannot be read
 */
export async function toConnectOptions(flags: ConnectFlags): Promise<ConnectOptions> {
  const { subprotocol, origin, proxy, insecure, cacert, maxMessageSize, connectTimeout } = flags;
  const headers = headersOf(flags);
  const tls = {
    ...(insecure && { rejectUnauthorized: false }),
    ...(cacert !== undefined && { ca: await read(cacert) }),
  };
  return {
    ...(headers.length > 0 && { headers }),
    ...(subprotocol && { subprotocols: subprotocol }),
    ...(origin !== undefined && { origin }),
    // Without the option, `--no-proxy` makes it true.
    ...(proxy !== undefined && proxy !== true && { proxy }),
    ...((insecure || cacert !== undefined) && { tls }),
    ...(flags.http2 && { http2: true }),
    ...(flags.compress && { perMessageDeflate: true }),
    ...(flags.followRedirects && { followRedirects: true }),
    ...(maxMessageSize !== undefined && { maxMessageSize }),
    ...(connectTimeout !== undefined && { handshakeTimeout: connectTimeout }),
  };
}

function headersOf({ header = [], auth, bearer }: ConnectFlags): [string, string][] {
  if (auth !== undefined && bearer !== undefined) {
    throw usageFailure('--auth and --bearer are both the header Authorization: give one of them.');
  }
  const headers = header.map(parseHeader);
  if (auth !== undefined) headers.push(['Authorization', `Basic ${Buffer.from(auth).toString('base64')}`]);
  if (bearer !== undefined) headers.push(['Authorization', `Bearer ${bearer}`]);
  return headers;
}

function parseHeader(text: string): [string, string] {
  const colon = text.indexOf(':');
  if (colon < 1) throw usageFailure(`--header must be 'Name: value', not ${JSON.stringify(text)}.`);
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw usageFailure(`--cacert cannot be read: ${(error as Error).message}`);
  }
}
