import { isAnyArrayBuffer } from 'node:util/types';
import { checkSubprotocols } from '../protocol/client-handshake';
import { InvalidOptionError } from '../protocol/errors';
import { maxControlPayload } from '../protocol/frame-header';
import { describe } from '../protocol/options';
import type { ConnectOptions } from './options';
import { headerPairs } from './request-headers';
import { shownUrl } from './target';

/**
 * What `new WebSocket(url, init)` takes beside the URL: the options of `connect()`, with subprotocols as the standard
 * calls them.
 */
export interface WebSocketInit extends Omit<ConnectOptions, 'subprotocols'> {
  /** Subprotocols to offer, the favourite first. */
  protocols?: string | Iterable<string>;
}

/** Browsers take messages, and hold back what is sent, without a limit; here there is one, in bytes. */
const generous = 64 * 1024 * 1024;

/**
 * The URL record of the constructor (WHATWG WebSockets, 3.1), with the scheme `ws` or `wss`.
 *
 * @throws DOMException named SyntaxError
 */
export function webSocketUrl(given: unknown): URL {
  const text = String(given);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw syntaxError(`${shownUrl(text)} is not a URL`);
  }
  // A URL's scheme can be set to a related one only, so it is written anew.
  if (url.protocol === 'http:' || url.protocol === 'https:') url = new URL(url.href.replace(/^http/, 'ws'));
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw syntaxError(`The scheme of a WebSocket's URL must be ws, wss, http or https, not ${describe(url.protocol)}`);
  }
  if (url.href.includes('#')) throw syntaxError(`The URL of a WebSocket has no fragment, but ${shownUrl(text)} has`);
  return url;
}

/**
 * The options of `connect()` for the constructor's second argument: a subprotocol, an iterable of them, or an object of
 * options.
 *
 * @throws DOMException named SyntaxError for a subprotocol that cannot be, or that is offered twice
 */
export function webSocketOptions(given: unknown): ConnectOptions {
  const isInit = given === null || (typeof given === 'object' && !(Symbol.iterator in given));
  const init = (isInit ? (given ?? {}) : { protocols: given }) as Omit<WebSocketInit, 'protocols'> & {
    protocols?: unknown;
  };
  const { protocols = [], ...options } = init;
  if (Object.hasOwn(options, 'subprotocols')) {
    throw new InvalidOptionError(
      "The option is called 'protocols' in new WebSocket(), as in browsers, not 'subprotocols'",
    );
  }
  const isList = typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols;
  const subprotocols = isList ? Array.from(protocols as Iterable<unknown>, String) : [String(protocols)];
  try {
    checkSubprotocols(subprotocols);
  } catch (error) {
    throw syntaxError((error as Error).message);
  }
  // They are read twice, here and by connect(), and an iterable may give them once.
  const headers = options.headers === undefined ? {} : { headers: [...headerPairs(options.headers)] };
  return { maxMessageSize: generous, maxBufferedAmount: generous, ...options, ...headers, subprotocols };
}

/**
 * The arguments of `close()`.
 *
 * @throws DOMException named InvalidAccessError for a code, SyntaxError for a reason that is too long
 */
export function closeArguments(code: unknown, reason: unknown): { code: number | undefined; reason: string } {
  const number = code === undefined ? undefined : clamped(Number(code));
  if (number !== undefined && number !== 1000 && !(number >= 3000 && number <= 4999)) {
    throw new DOMException(
      `The close code must be 1000, or from 3000 to 4999, not ${describe(code)}`,
      'InvalidAccessError',
    );
  }
  const words = reason === undefined ? '' : String(reason);
  if (Buffer.byteLength(words) > maxControlPayload - 2) {
    throw syntaxError(`The close reason must have at most ${maxControlPayload - 2} bytes of UTF-8`);
  }
  return { code: number ?? (words === '' ? undefined : 1000), reason: words };
}

/** What `send()` was given as text, bytes of its own time, or a Blob whose bytes have still to be read. */
export function sendArgument(data: unknown): string | Uint8Array | Blob {
  if (data instanceof Blob) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (isAnyArrayBuffer(data)) return new Uint8Array(data);
  return String(data);
}

/** WebIDL's `[Clamp] unsigned short`. */
function clamped(value: number): number {
  if (Number.isNaN(value)) return 0;
  const within = Math.min(Math.max(value, 0), 65_535);
  const below = Math.floor(within);
  const isNearer = within - below < 0.5 || (within - below === 0.5 && below % 2 === 0);
  return isNearer ? below : below + 1;
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
