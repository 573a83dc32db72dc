import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Duration, readDuration } from '../protocol/duration';
import { HandshakeError, InvalidOptionError } from '../protocol/errors';
import { describe, refuseUnknownOptions } from '../protocol/options';
import { memoryTicketStore, type TicketStore } from './ticket-store';

export interface TicketsOptions {
  /** How long a ticket may be redeemed: a page asks for it right before it connects. @default '30s' */
  ttl?: Duration;
  /**
   * What tickets are signed with, 16 bytes at least; the same on all nodes that redeem each other's.
   * Given, it must not be undefined, which an environment variable that is not set would be.
   * @default drawn by lot: tickets are worth nothing to other nodes, nor after a restart
   */
  secret?: string | Uint8Array;
  /**
   * Where it is kept which tickets have been used. Several nodes need one that they share: otherwise a ticket could be used
   * once on each of them.
   * @default the memory of this process
   */
  store?: TicketStore;
}

/** Issues tickets, and redeems each of them once. */
export interface Tickets<Claims extends object = Record<string, unknown>> {
  /**
   * A ticket for one connection, to stand in a URL.
   *
   * @param claims what `redeem()` gives back: signed, not encrypted, as JSON of no more than 2 KiB
   * @throws InvalidOptionError for claims that are no object, or longer
   */
  issue(claims: Claims): string;
  /**
   * @returns the claims. Rejects with a HandshakeError, status 401, with the code `'TICKET_MISSING'`, `'TICKET_INVALID'`,
   *   `'TICKET_EXPIRED'` or `'TICKET_USED'`; and with whatever the store rejects with
   */
  redeem(ticket: unknown): Promise<Claims>;
  /** Middleware that redeems the parameter `ticket` of the URL, and refuses the request where that is not possible. */
  required(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  /** What the ticket of this request claimed; undefined where `required` has not let it pass. */
  claims(request: IncomingMessage): Claims | undefined;
}

interface Content {
  readonly id: string;
  /** In milliseconds since 1970. */
  readonly expires: number;
  readonly claims: object;
}

/** In bytes; the head of a request, where tickets stand, has 16 KiB. */
const maxClaims = 2048;

/** By how much the clocks of nodes may differ, in milliseconds: it is known for so much longer that a ticket was used. */
const clockDifference = 60_000;

/**
 * One-time tickets: what a page that cannot set headers, and should not be trusted by its cookie alone, shows instead. It asks
 * for one by an ordinary request, behind whatever guards the app, and connects with it. What stands in a URL also stands in the
 * logs of servers and proxies, so a ticket is good for one connection, and for seconds.
 *
 * ```ts
 * const entry = tickets<{ user: string }>({ ttl: '30s' });
 * app.post('/ticket', requireLogin, (req, res) => res.json({ ticket: entry.issue({ user: req.user.id }) }));
 * app.ws('/feed', entry.required, (socket, req) => { socket.user = entry.claims(req)?.user; });
 * // The page, which asks anew each time it reconnects
 * const client = new ChatClient(async () => {
 *   const { ticket } = await (await fetch('/ticket', { method: 'POST' })).json();
 *   return `/chat?ticket=${ticket}`;
 * });
 * ```
 *
 * @throws InvalidOptionError for an option that is unknown or wrong
 */
export function tickets<Claims extends object = Record<string, unknown>>(
  options: TicketsOptions = {},
): Tickets<Claims> {
  refuseUnknownOptions('tickets()', options, ['ttl', 'secret', 'store']);
  const ttl = readDuration('ttl', options.ttl ?? '30s');
  if (Object.hasOwn(options, 'secret') && options.secret === undefined) {
    throw new InvalidOptionError(
      "Option 'secret' is undefined: is the environment variable set? Leave it out to have one drawn by lot",
    );
  }
  const key = signingKey(options.secret ?? randomBytes(32));
  const { store = memoryTicketStore() } = options;
  if (typeof store?.claim !== 'function') {
    throw new InvalidOptionError(`Option 'store' must have a method claim(id, ttl), not be ${describe(store)}`);
  }
  const redeemed = new WeakMap<IncomingMessage, Claims>();

  async function redeem(ticket: unknown): Promise<Claims> {
    const { id, expires, claims } = read(key, ticket);
    const left = expires - Date.now();
    if (left <= 0) throw refused('TICKET_EXPIRED', 'The ticket has expired: ask for another one');
    const isFirst = await store.claim(id, Math.ceil(left) + clockDifference);
    if (isFirst !== true) throw refused('TICKET_USED', 'The ticket has been used: ask for another one');
    return claims as Claims;
  }

  return {
    redeem,
    issue(claims) {
      const json = jsonOf(claims);
      const head = JSON.stringify({ id: randomBytes(12).toString('base64url'), expires: Date.now() + ttl });
      const encoded = Buffer.from(`${head.slice(0, -1)},"claims":${json}}`).toString('base64url');
      return `${encoded}.${sign(key, encoded).toString('base64url')}`;
    },
    required(request, _response, next) {
      redeem(ticketOf(request)).then(
        (claims) => {
          redeemed.set(request, claims);
          next();
        },
        (error) => next(error instanceof Error ? error : storeFailed(error)),
      );
    },
    claims: (request) => redeemed.get(request),
  };
}

/** A key for nothing but tickets: a secret that also signs cookies must not make tickets of them. */
function signingKey(secret: unknown): Buffer {
  const isSecret = typeof secret === 'string' || secret instanceof Uint8Array;
  const length = isSecret ? Buffer.byteLength(secret) : 0;
  if (isSecret && length >= 16) return createHmac('sha256', secret).update('switchboard ticket').digest();
  const given = isSecret ? `of ${length}` : describe(secret);
  throw new InvalidOptionError(`Option 'secret' must be a string or bytes, 16 bytes at least, not ${given}`);
}

function sign(key: Buffer, encoded: string): Buffer {
  return createHmac('sha256', key).update(encoded).digest();
}

/** @throws HandshakeError unless it is signed by this key; of others, nothing is parsed */
function read(key: Buffer, ticket: unknown): Content {
  if (ticket === undefined || ticket === null || ticket === '') {
    throw refused('TICKET_MISSING', "A ticket is needed, as the parameter 'ticket' of the URL");
  }
  if (typeof ticket === 'string') {
    const [encoded = '', signature = '', ...rest] = ticket.split('.', 3);
    const given = Buffer.from(signature, 'base64url');
    const wanted = sign(key, encoded);
    if (rest.length === 0 && given.length === wanted.length && timingSafeEqual(given, wanted)) {
      return JSON.parse(Buffer.from(encoded, 'base64url').toString()) as Content;
    }
  }
  throw refused('TICKET_INVALID', 'The ticket is none that was issued here: ask for another one');
}

/** Of the URL as it came, which is the same in every version of Express, mounted or not. */
function ticketOf(request: IncomingMessage): string | undefined {
  const [, query] = /\?([^#]*)/.exec(request.url ?? '') ?? [];
  return new URLSearchParams(query).get('ticket') ?? undefined;
}

/** Once, so that what is measured is what is signed. */
function jsonOf(claims: unknown): string {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new InvalidOptionError(`issue() needs an object of claims, not ${describe(claims)}`);
  }
  let json: string | undefined;
  try {
    json = JSON.stringify(claims);
  } catch (error) {
    throw new InvalidOptionError(`The claims of a ticket must have a JSON: ${(error as Error).message}`);
  }
  if (json?.startsWith('{') !== true)
    throw new InvalidOptionError('The JSON of the claims of a ticket must be an object');
  const size = Buffer.byteLength(json);
  if (size <= maxClaims) return json;
  throw new InvalidOptionError(`The claims of a ticket may have ${maxClaims} bytes as JSON, these have ${size}`);
}

/** A rejection without an error, as `setTimeout(reject, …)` makes one, would be taken by Express for a permission. */
function storeFailed(cause: unknown): Error {
  return new Error('The store of tickets failed', { cause });
}

function refused(code: string, message: string): HandshakeError {
  return new HandshakeError(message, { status: 401, code });
}
