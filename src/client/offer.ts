import type { Duplex } from 'node:stream';
import type { AgreedHandshake, HandshakeOffer } from '../protocol/client-handshake';
import { checkDeflateAnswer, offerDeflate } from '../protocol/deflate-negotiation';
import { HandshakeError } from '../protocol/errors';
import { type ExtensionOffer, serializeExtensions } from '../protocol/headers';
import { PerMessageDeflate } from '../protocol/permessage-deflate';
import type { OpeningResponse } from './client-connection';
import type { ResolvedConnectOptions } from './options';

/** What the opening handshake offers, over whatever HTTP. */
export function offerOf({ subprotocols, perMessageDeflate }: ResolvedConnectOptions): HandshakeOffer {
  const extensions = perMessageDeflate === null ? [] : [offerDeflate(perMessageDeflate)];
  return { protocols: subprotocols, extensions };
}

/** The server has agreed: what a connection is made of. */
export interface Opened<Transport extends Duplex = Duplex> {
  readonly transport: Transport;
  /** What came behind the head of the answer. */
  readonly head: Buffer | undefined;
  readonly agreed: AgreedHandshake;
  readonly response: OpeningResponse;
}

/**
 * What the server took of the one extension that we offer.
 *
 * @throws HandshakeError for what we did not offer so
 */
export function agreedExtension(
  answers: readonly ExtensionOffer[],
  { perMessageDeflate: settings }: ResolvedConnectOptions,
  { status, headers }: OpeningResponse,
): PerMessageDeflate | null {
  const [answer] = answers;
  if (answer === undefined || settings === null) return null;
  const refuse = (message: string, cause?: unknown) => {
    const response = { status, headers, body: '' };
    return new HandshakeError(message, { code: 'INVALID_EXTENSION', response, ...(cause ? { cause } : {}) });
  };
  if (answers.length > 1) throw refuse(`The server chose '${answer.name}' twice`);
  try {
    return new PerMessageDeflate(
      'client',
      settings,
      checkDeflateAnswer(answer, settings),
      serializeExtensions(answers),
    );
  } catch (error) {
    throw error instanceof HandshakeError ? refuse(error.message, error) : error;
  }
}
