import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { cut } from '../connection/http2-stream';
import { packUnread } from '../connection/pack-unread';
import { TimeoutError } from '../protocol/errors';
import type { Attempt } from './attempt';
import type { Answer } from './exchange';
import { resetError, sessionError, tooManyStreams } from './http2-error';

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_STREAM_STATE_IDLE } = http2.constants;

type ResponseListener = (headers: IncomingHttpHeaders & IncomingHttpStatusHeader, flags: number) => void;

/**
 * Sends a CONNECT over a session; where the server has as many streams as it allows, when it allows one more. Interim
 * responses are passed over.
 *
 * @param where what answers, for error messages
 * @throws ConnectError when the stream is reset, or the session ends; TimeoutError that says so at that limit
 */
export async function exchangeOverHttp2(
  attempt: Attempt,
  session: ClientHttp2Session,
  request: OutgoingHttpHeaders,
  where: string,
): Promise<Answer<ClientHttp2Stream>> {
  const stream = attempt.keep(begin(session, request, where), cut);
  let settle = (_answer: Answer<ClientHttp2Stream> | Error) => {};
  const onResponse: ResponseListener = (received, flags) => {
    const { ':status': status = 0 } = received;
    const head = { status, statusMessage: '', headers: ordinaryHeaders(received), httpVersion: '2.0' };
    // RFC 9110, section 9.3.6: after any 2xx to a CONNECT the stream is a tunnel; here one that may have ended already.
    if (status < 200 || status > 299) settle({ ...head, body: stream });
    else settle({ ...head, ...((flags & NGHTTP2_FLAG_END_STREAM) === 0 && { transport: stream }) });
  };
  const onError = (error: NodeJS.ErrnoException) => {
    const isReset = error.code === 'ERR_HTTP2_STREAM_ERROR';
    settle(isReset ? resetError(error, stream.rstCode, where) : sessionError(error, where));
  };
  const onClose = () => {
    settle(session.destroyed ? sessionError(undefined, where) : resetError(undefined, stream.rstCode, where));
  };
  stream.on('response', onResponse).on('error', onError).on('close', onClose);
  try {
    return await attempt.wait<Answer<ClientHttp2Stream>>((resolve, reject) => {
      settle = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
    });
  } catch (error) {
    // A stream that waits for others to end has a number already, and is idle.
    const isWaiting = stream.state.state === NGHTTP2_STREAM_STATE_IDLE;
    if (!isWaiting || !(error instanceof TimeoutError)) throw error;
    throw tooManyStreams(error, session.remoteSettings.maxConcurrentStreams ?? 0);
  } finally {
    stream.off('response', onResponse).off('error', onError).off('close', onClose);
  }
}

function begin(session: ClientHttp2Session, request: OutgoingHttpHeaders, where: string): ClientHttp2Stream {
  try {
    const stream = session.request(request, { endStream: false });
    packUnread(stream);
    return stream;
  } catch (error) {
    // It was closed since it was looked at.
    throw sessionError(error, where);
  }
}

/** Headers as node:http has them: without pseudo-headers, and what node:http2 keeps beside them. */
function ordinaryHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}
