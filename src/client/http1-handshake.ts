import type { Socket } from 'node:net';
import { createKey, offerHeaders, verifyUpgradeResponse } from '../protocol/client-handshake';
import { HandshakeError } from '../protocol/errors';
import type { Attempt } from './attempt';
import { exchange, isOrdinary, type OrdinaryAnswer } from './exchange';
import { type Opened, offerOf } from './offer';
import type { ResolvedConnectOptions } from './options';
import { nameOf, type Target } from './target';

/**
 * The opening handshake over HTTP/1.1 (RFC 6455, section 4.1): a GET request that asks to upgrade.
 *
 * @throws HandshakeError for a 101 that is not valid
 */
export async function handshakeOverHttp1(
  attempt: Attempt,
  socket: Socket,
  target: Target,
  options: ResolvedConnectOptions,
): Promise<Opened | OrdinaryAnswer> {
  const { url, authorization } = target;
  const asked = { key: createKey(), ...offerOf(options) };
  const headers = {
    ...(!options.headers.has('host') && { Host: url.host }),
    ...Object.fromEntries(options.headers.values()),
    ...(authorization && { Authorization: authorization }),
    ...offerHeaders(asked),
  };
  const request = { method: 'GET' as const, path: url.pathname + url.search, headers };
  const answer = await exchange(attempt, socket, request, nameOf(target));
  if (isOrdinary(answer)) return answer;
  const agreed = verifyUpgradeResponse(answer, asked);
  const { status, headers: answered, transport, head } = answer;
  if (transport === undefined) {
    const response = { status, headers: answered, body: '' };
    const message = "The server's 101 does not end the HTTP of its connection";
    throw new HandshakeError(message, { code: 'INVALID_RESPONSE', response });
  }
  return { transport, head, agreed, response: { status, headers: answered, httpVersion: '1.1' } };
}
