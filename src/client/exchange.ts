import http, { type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Attempt } from './attempt';
import { answerError } from './network-error';

/** What came back for a request: an ordinary response, or one behind which the socket is ours. */
export interface Answer {
  readonly response: Pick<IncomingMessage, 'headers' | 'httpVersion'> & {
    statusCode?: number | undefined;
    statusMessage?: string | undefined;
  };
  /** The socket after a 101, or after whatever a CONNECT was answered with. */
  readonly socket?: Socket;
  /** What came behind the head. */
  readonly head?: Buffer;
  /** The response whose body is still to be read; none has one otherwise. */
  readonly body?: IncomingMessage;
}

/** The most bytes that the head of an answer may have. */
const maxHeaderSize = 16 * 1024;

/**
 * Sends a request over an open socket, with node:http, whose parser has seen more of the world's answers than one of
 * ours would. Interim responses (100, 102, 103) are passed over.
 *
 * @param where what answers, for error messages
 * @throws ConnectError when the socket fails, HandshakeError when the answer is not HTTP
 */
export async function exchange(
  attempt: Attempt,
  socket: Socket,
  request: { method: 'GET' | 'CONNECT'; path: string; headers: OutgoingHttpHeaders },
  where: string,
): Promise<Answer> {
  try {
    return await attempt.wait<Answer>((resolve, reject) => {
      http
        .request({
          ...request,
          createConnection: () => socket,
          setHost: false,
          maxHeaderSize,
          insecureHTTPParser: false,
        })
        .on('upgrade', (response, upgraded, head) => resolve({ response, socket: upgraded as Socket, head }))
        .on('connect', (response, tunnel, head) => resolve({ response, socket: tunnel as Socket, head }))
        // A 101 that does not say what it switches to is an ordinary response to node:http, with a body that never ends.
        .on('response', (response) =>
          resolve(response.statusCode === 101 ? { response } : { response, body: response }),
        )
        .on('error', reject)
        .end();
    });
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : answerError(error, where);
  }
}
