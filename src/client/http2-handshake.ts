import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import { connectHeaders, verifyConnectResponse } from '../protocol/client-handshake';
import { HandshakeError } from '../protocol/errors';
import { connectionHeaders } from '../protocol/headers';
import type { Attempt } from './attempt';
import { isOrdinary, type OrdinaryAnswer } from './exchange';
import { exchangeOverHttp2 } from './http2-exchange';
import { type Opened, offerOf } from './offer';
import type { ResolvedConnectOptions } from './options';
import { nameOf, type Target } from './target';

/** What is not sent; `TE`, which may say `trailers` only, is of no use without a body. */
const unsent = new Set([...connectionHeaders, 'te']);

/**
 * The opening handshake over HTTP/2 (RFC 8441, section 5): an extended CONNECT, whose stream is the transport then.
 *
 * @param session one whose server allows that
 * @throws HandshakeError for an answer that agrees, and is not valid
 */
export async function handshakeOverHttp2(
  attempt: Attempt,
  session: ClientHttp2Session,
  target: Target,
  options: ResolvedConnectOptions,
): Promise<Opened<ClientHttp2Stream> | OrdinaryAnswer> {
  const asked = offerOf(options);
  const request = { ...requestHead(target, options), ...connectHeaders(asked) };
  const answer = await exchangeOverHttp2(attempt, session, request, nameOf(target));
  if (isOrdinary(answer)) return answer;
  const agreed = verifyConnectResponse(answer, asked);
  const { status, headers, transport } = answer;
  if (transport === undefined) {
    const message = `The server's ${status} ends its stream (END_STREAM), which leaves no room for a WebSocket`;
    throw new HandshakeError(message, { code: 'INVALID_RESPONSE', response: { status, headers, body: '' } });
  }
  return { transport, head: undefined, agreed, response: { status, headers, httpVersion: '2.0' } };
}

function requestHead({ url, authorization }: Target, { headers }: ResolvedConnectOptions): OutgoingHttpHeaders {
  const pairs = [...headers].filter(([name]) => !unsent.has(name)).map(([name, [, value]]) => [name, value]);
  const { host: authority = url.host, ...own } = Object.fromEntries(pairs);
  return {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': url.protocol === 'wss:' ? 'https' : 'http',
    ':authority': authority,
    ':path': url.pathname + url.search,
    ...own,
    ...(authorization && { authorization }),
  };
}
