import type { Readable } from 'node:stream';
import { HandshakeError, TimeoutError } from '../protocol/errors';
import { printable } from '../protocol/options';
import { escapeUnprintable } from '../protocol/unprintable';
import type { Attempt } from './attempt';
import type { OrdinaryAnswer } from './exchange';

/** The most bytes of a refusal's body that are kept. */
const maxBody = 64 * 1024;

/** The most characters of it that the message has. */
const maxReason = 200;

/**
 * The error for an answer that opens no connection. Reads its body, as far as it comes before the deadline.
 *
 * @param where what answered, for the message
 * @param hint what the message ends with, instead of what the body says
 * @throws the signal's reason when the caller gives up
 */
export async function refusal(
  attempt: Attempt,
  answer: OrdinaryAnswer,
  where: string,
  hint?: string,
): Promise<HandshakeError> {
  const { status, statusMessage, headers } = answer;
  const body = await readBody(attempt, answer.body);
  const words = `The server ${where} answered ${status}${statusMessage ? ` ${printable(statusMessage)}` : ''}`;
  return new HandshakeError(words + (hint ?? reasonIn(headers['content-type'], body)), {
    code: 'HANDSHAKE_REFUSED',
    response: { status, headers, body },
  });
}

/** What a body says to people, on one line; nothing where it is a page. */
function reasonIn(contentType: OrdinaryAnswer['headers'][string], body: string): string {
  const [type = ''] = String(contentType).split(/[\s;]/, 1);
  let text = '';
  if (/^text\/plain$/i.test(type)) text = body;
  else if (/^application\/(.+\+)?json$/i.test(type)) text = sentenceOf(body);
  const line = Array.from(/\S.*/u.exec(text)?.[0].trimEnd() ?? '');
  if (line.length === 0) return '';
  return `: ${escapeUnprintable(line.slice(0, maxReason).join(''))}${line.length > maxReason ? '…' : ''}`;
}

/** What JSON says as those who write answers in it do: `{ "error": "…" }` or `{ "message": "…" }`. */
function sentenceOf(json: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(json);
  } catch {
    return '';
  }
  const { error, message } = (answer ?? {}) as { error?: unknown; message?: unknown };
  return [message, error].find((each): each is string => typeof each === 'string') ?? '';
}

async function readBody(attempt: Attempt, stream: Readable): Promise<string> {
  const decoder = new TextDecoder();
  let body = '';
  let rest = maxBody;
  try {
    await attempt.wait<void>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        body += decoder.decode(chunk.subarray(0, rest), { stream: true });
        rest -= Math.min(rest, chunk.length);
        if (rest === 0) resolve();
      });
      // A stream of HTTP/2 has still our side open when it ends. Cut short it still says more than nothing.
      stream
        .on('end', resolve)
        .on('error', () => resolve())
        .on('close', resolve);
    });
  } catch (reason) {
    // The status is known: that the body is slow in coming is the smaller news.
    if (!(reason instanceof TimeoutError)) throw reason;
  }
  return rest === 0 ? body : body + decoder.decode();
}
