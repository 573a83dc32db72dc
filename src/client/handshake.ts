import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ConnectError } from '../protocol/errors';
import type { Attempt } from './attempt';
import type { OrdinaryAnswer } from './exchange';
import { handshakeOverHttp1 } from './http1-handshake';
import { noHttp2, refusesAlpn, wantsHttp1 } from './http2-error';
import { handshakeOverHttp2 } from './http2-handshake';
import { allowExtendedConnect } from './http2-settings';
import type { Opened } from './offer';
import type { ResolvedConnectOptions } from './options';
import { beginSession, endWith } from './own-session';
import { joinSession } from './shared-session';
import { nameOf, type Target } from './target';
import { openTransport } from './transport';

/** One opening handshake, over the version of HTTP that option `http2` and the server say. */
export async function handshake(
  attempt: Attempt,
  target: Target,
  options: ResolvedConnectOptions,
): Promise<Opened | OrdinaryAnswer> {
  const { http2 } = options;
  if (typeof http2 === 'object') {
    await joinSession(attempt, http2, target);
    return handshakeOverHttp2(attempt, http2, target, options);
  }
  if (http2 === true) return overHttp2(attempt, target, options);
  if (http2 === 'auto' && target.url.protocol === 'wss:') return overEither(attempt, target, options);
  return overHttp1(attempt, target, options);
}

async function overHttp1(attempt: Attempt, target: Target, options: ResolvedConnectOptions) {
  const socket = await openTransport(attempt, target, options, ['http/1.1']);
  return handshakeOverHttp1(attempt, socket, target, options);
}

async function overHttp2(attempt: Attempt, target: Target, options: ResolvedConnectOptions) {
  const where = nameOf(target);
  let socket: Socket;
  try {
    socket = await openTransport(attempt, target, options, ['h2']);
  } catch (error) {
    throw error instanceof ConnectError && refusesAlpn(error) ? noHttp2(where, { cause: error.cause }) : error;
  }
  if (target.url.protocol === 'wss:' && !speaksHttp2(socket)) throw noHttp2(where);
  return overOwnSession(attempt, socket, target, options);
}

async function overEither(attempt: Attempt, target: Target, options: ResolvedConnectOptions) {
  const socket = await openTransport(attempt, target, options, ['h2', 'http/1.1']);
  if (!speaksHttp2(socket)) return handshakeOverHttp1(attempt, socket, target, options);
  try {
    return await overOwnSession(attempt, socket, target, options);
  } catch (error) {
    if (!wantsHttp1(error)) throw error;
    attempt.abandon();
    return overHttp1(attempt, target, options);
  }
}

async function overOwnSession(attempt: Attempt, socket: Socket, target: Target, options: ResolvedConnectOptions) {
  const session = beginSession(attempt, socket, target.url);
  await allowExtendedConnect(attempt, session, nameOf(target));
  const answer = await handshakeOverHttp2(attempt, session, target, options);
  if ('agreed' in answer) endWith(answer.transport, session, socket, options.connection.closeTimeout);
  return answer;
}

function speaksHttp2(socket: Socket): boolean {
  return (socket as TLSSocket).alpnProtocol === 'h2';
}
