import http, { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { Attempt } from './attempt';
import { answerError } from './network-error';

/** What came back for a request, over whatever HTTP: an ordinary response, or one behind which the transport is ours. */
export interface Answer<Transport extends Duplex = Duplex> {
  readonly status: number;
  /** The words behind the status; HTTP/2 has none. */
  readonly statusMessage: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  /** What is there after a 101, or after whatever a CONNECT was answered with. */
  readonly transport?: Transport;
  /** What came behind the head. */
  readonly head?: Buffer;
  /** The body that is still to be read, of an ordinary response. */
  readonly body?: Readable;
}

/** An ordinary response. */
export type OrdinaryAnswer = Answer & { readonly body: Readable };

export function isOrdinary(answer: Answer): answer is OrdinaryAnswer {
  return answer.body !== undefined;
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
): Promise<Answer<Socket>> {
  try {
    return await attempt.wait<Answer<Socket>>((resolve, reject) => {
      http
        .request({
          ...request,
          createConnection: () => socket,
          setHost: false,
          maxHeaderSize,
          insecureHTTPParser: false,
        })
        .on('upgrade', (response, upgraded, head) =>
          resolve({ ...read(response), transport: upgraded as Socket, head }),
        )
        .on('connect', (response, tunnel, head) => resolve({ ...read(response), transport: tunnel as Socket, head }))
        // A 101 that does not say what it switches to is an ordinary response to node:http, with a body that never ends.
        .on('response', (response) =>
          resolve({ ...read(response), ...(response.statusCode !== 101 && { body: response }) }),
        )
        .on('error', reject)
        .end();
    });
  } catch (error) {
    throw attempt.signal.aborted ? attempt.signal.reason : answerError(error, where);
  }
}

function read({ statusCode: status = 0, statusMessage = '', headers, httpVersion }: IncomingMessage): Answer<Socket> {
  return { status, statusMessage, headers, httpVersion };
}
