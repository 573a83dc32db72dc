import http2, { type ClientHttp2Session } from 'node:http2';
import { InvalidOptionError } from '../protocol/errors';
import { describe } from '../protocol/options';
import type { ConnectOptions } from './options';

/** Options that say how a connection is made, which a session has, with what `http2.connect()` takes in their place. */
const dialling = [
  ['proxy', 'createConnection'],
  ['tls', 'ca, cert, key, …'],
  ['socketPath', 'createConnection'],
  ['lookup', 'lookup'],
  ['localAddress', 'localAddress'],
  ['family', 'family'],
] as const;

/**
 * Checks option `http2`, and those that contradict it.
 *
 * @throws InvalidOptionError
 */
export function resolveHttp2(given: ConnectOptions): boolean | 'auto' | ClientHttp2Session {
  const { http2: option = false, tls } = given;
  if (option === false) return false;
  if (option === true || option === 'auto') {
    if (tls?.ALPNProtocols !== undefined) {
      throw new InvalidOptionError("Option 'tls' has ALPNProtocols, which option 'http2' sets: give only one of them");
    }
    return option;
  }
  if (!isClientSession(option)) {
    throw new InvalidOptionError(
      `Option 'http2' must be true, false, 'auto', or a session that http2.connect() made, not ${describe(option)}`,
    );
  }
  for (const [name, instead] of dialling) {
    if (given[name] === undefined) continue;
    const words = `Option '${name}' is for connections that connect() makes, but option 'http2' brings the session of one`;
    throw new InvalidOptionError(
      `${words}: give it to http2.connect() of node:http2, as http2.connect(url, { ${instead} })`,
    );
  }
  return option;
}

/** By what it can do: it may come from a wrapper, or another realm. */
function isClientSession(value: unknown): value is ClientHttp2Session {
  const session = value as Partial<ClientHttp2Session> | null | undefined;
  return typeof session?.request === 'function' && session.type === http2.constants.NGHTTP2_SESSION_CLIENT;
}
