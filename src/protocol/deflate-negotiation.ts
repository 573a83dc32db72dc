import { smallestWindowBits } from './deflate';
import type { DeflateSettings } from './deflate-options';
import { HandshakeError } from './errors';
import type { ExtensionOffer } from './headers';
import { describe } from './options';

/** What both ends agreed on (RFC 7692, section 7.1). */
export interface DeflateAgreement {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  /** 8 to 15. */
  serverMaxWindowBits: number;
  /** 8 to 15. */
  clientMaxWindowBits: number;
}

/** An answer to an offer, and what it means. */
export interface AcceptedDeflate {
  answer: ExtensionOffer;
  agreement: DeflateAgreement;
}

/** The parameters that one offer or answer names. */
interface Parameters {
  server_no_context_takeover?: true;
  client_no_context_takeover?: true;
  server_max_window_bits?: number;
  /** True where the client only says that it can be asked for it. */
  client_max_window_bits?: number | true;
}

const extensionName = 'permessage-deflate';

const largestWindowBits = 15;

/** What a client offers (RFC 7692, section 7.1). That its own window can be limited is always said. */
export function offerDeflate(settings: DeflateSettings): ExtensionOffer {
  const offer: ExtensionOffer = { name: extensionName, params: [] };
  if (settings.serverNoContextTakeover) offer.params.push(['server_no_context_takeover', true]);
  if (settings.clientNoContextTakeover) offer.params.push(['client_no_context_takeover', true]);
  if (settings.serverMaxWindowBits < largestWindowBits) {
    offer.params.push(['server_max_window_bits', String(settings.serverMaxWindowBits)]);
  }
  const { clientMaxWindowBits } = settings;
  offer.params.push([
    'client_max_window_bits',
    clientMaxWindowBits < largestWindowBits ? String(clientMaxWindowBits) : true,
  ]);
  return offer;
}

/**
 * Accepts the first offer that can be honoured: their order is the client's preference (RFC 6455, section 9.1).
 * One with an unknown, repeated or invalid parameter is declined, and the next one looked at (RFC 7692, section 7.1).
 *
 * @returns null where none can be: then messages are not compressed
 */
export function acceptDeflate(offers: readonly ExtensionOffer[], settings: DeflateSettings): AcceptedDeflate | null {
  for (const offer of offers) {
    if (offer.name !== extensionName) continue;
    const asked = readParameters(offer, isOfferedWindow);
    if (typeof asked === 'string') continue;
    const accepted = accept(asked, settings);
    if (accepted !== null) return accepted;
  }
  return null;
}

function accept(asked: Parameters, settings: DeflateSettings): AcceptedDeflate | null {
  const serverMost = asked.server_max_window_bits ?? largestWindowBits;
  if (serverMost < smallestWindowBits) return null;
  const clientMost = asked.client_max_window_bits ?? largestWindowBits;
  const clientLimit = clientMost === true ? largestWindowBits : clientMost;
  const agreement: DeflateAgreement = {
    serverNoContextTakeover: asked.server_no_context_takeover === true || settings.serverNoContextTakeover,
    clientNoContextTakeover: asked.client_no_context_takeover === true || settings.clientNoContextTakeover,
    serverMaxWindowBits: Math.min(serverMost, settings.serverMaxWindowBits),
    // 7.1.2.2: who did not say that it can be asked, must not be.
    clientMaxWindowBits:
      asked.client_max_window_bits === undefined
        ? largestWindowBits
        : Math.min(clientLimit, settings.clientMaxWindowBits),
  };
  const answer: ExtensionOffer = { name: extensionName, params: [] };
  if (agreement.serverNoContextTakeover) answer.params.push(['server_no_context_takeover', true]);
  if (agreement.clientNoContextTakeover) answer.params.push(['client_no_context_takeover', true]);
  // 7.1.2.1: who was asked for a limit says the one that holds; unasked, it lets the client save memory.
  if (asked.server_max_window_bits !== undefined || agreement.serverMaxWindowBits < largestWindowBits) {
    answer.params.push(['server_max_window_bits', String(agreement.serverMaxWindowBits)]);
  }
  if (agreement.clientMaxWindowBits < largestWindowBits) {
    answer.params.push(['client_max_window_bits', String(agreement.clientMaxWindowBits)]);
  }
  return { answer, agreement };
}

/**
 * Checks what a server made of our offer (RFC 7692, sections 7.1 and 7.1.3).
 *
 * @throws HandshakeError that says which parameter cannot be
 */
export function checkDeflateAnswer(answer: ExtensionOffer, settings: DeflateSettings): DeflateAgreement {
  const said = readParameters(answer, isAnsweredWindow);
  if (typeof said === 'string') throw refused(said);
  const serverMost = said.server_max_window_bits ?? largestWindowBits;
  if (serverMost > settings.serverMaxWindowBits) {
    throw refused(
      `must keep server_max_window_bits at ${settings.serverMaxWindowBits} or less, as offered, and has ${said.server_max_window_bits ?? 'none'}`,
    );
  }
  if (settings.serverNoContextTakeover && said.server_no_context_takeover !== true) {
    throw refused('must hold server_no_context_takeover, as offered');
  }
  const clientMost = said.client_max_window_bits ?? largestWindowBits;
  return {
    serverNoContextTakeover: said.server_no_context_takeover === true,
    clientNoContextTakeover: said.client_no_context_takeover === true || settings.clientNoContextTakeover,
    serverMaxWindowBits: serverMost,
    clientMaxWindowBits: Math.min(Number(clientMost), settings.clientMaxWindowBits),
  };
}

/** The parameters by name, or what is wrong with them. */
function readParameters(
  { params }: ExtensionOffer,
  isClientWindow: (value: string | true) => boolean,
): Parameters | string {
  const read: Parameters = {};
  for (const [name, value] of params) {
    if (Object.hasOwn(read, name)) return `repeats the parameter ${name}`;
    switch (name) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        if (value !== true) return `gives ${name} a value, and it has none`;
        read[name] = true;
        break;
      case 'server_max_window_bits':
        if (!isWindowBits(value)) return wrongWindow(name, value);
        read[name] = Number(value);
        break;
      case 'client_max_window_bits':
        if (!isClientWindow(value)) return wrongWindow(name, value);
        read[name] = value === true ? true : Number(value);
        break;
      default:
        return `has the parameter ${describe(name)}, which permessage-deflate does not know`;
    }
  }
  return read;
}

/** 7.1.2: a decimal number from 8 to 15, without leading zeros. */
function isWindowBits(value: string | true): boolean {
  return value === '8' || value === '9' || (value !== true && /^1[0-5]$/.test(value));
}

function isOfferedWindow(value: string | true): boolean {
  return value === true || isWindowBits(value);
}

/** 7.1.2.2: in an answer the value is not left out. */
const isAnsweredWindow = isWindowBits;

function wrongWindow(name: string, value: string | true): string {
  return `must give ${name} a number from 8 to 15, not ${value === true ? 'nothing' : describe(value)}`;
}

function refused(problem: string): HandshakeError {
  return new HandshakeError(`The server's answer to permessage-deflate ${problem}`, {
    status: 502,
    code: 'INVALID_EXTENSION',
  });
}
