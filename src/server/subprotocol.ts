import type { IncomingMessage } from 'node:http';
import { isBearerSubprotocol } from '../protocol/bearer-subprotocol';
import { HandshakeError, InvalidOptionError, InvalidStateError } from '../protocol/errors';
import { isToken } from '../protocol/headers';
import { describe } from '../protocol/options';

/** A list of the subprotocols that are spoken, or a function that takes one of those offered, or `false`. */
export type Subprotocols<Request = IncomingMessage> =
  | readonly string[]
  | ((offered: string[], request: Request) => string | false | undefined);

/** Chooses one of the offered subprotocols, or none: then the empty string. */
export type SubprotocolChoice = (offered: string[], request: IncomingMessage) => string;

/**
 * Turns the option into the choice that is made at every handshake. A bearer token among the names that are offered is no
 * choice: where nothing else is chosen the handshake is refused, because browsers would fail the connection, and not say why.
 *
 * @throws InvalidOptionError for a name that could not stand in the header
 */
export function compileSubprotocols<Request extends IncomingMessage>(
  option: Subprotocols<Request> | undefined,
): SubprotocolChoice {
  const choose = compileChoice(option);
  return (offered, request) => {
    if (!offered.some(isBearerSubprotocol)) return choose(offered, request);
    const names = offered.filter((name) => !isBearerSubprotocol(name));
    return choose(names, request) || refuseTokenAlone(names);
  };
}

function refuseTokenAlone(names: readonly string[]): never {
  const beside = names.length === 0 ? 'nothing' : names.map((name) => `'${name}'`).join(', ');
  throw new HandshakeError(
    `Beside a bearer token, a subprotocol must be offered that this endpoint speaks (option 'subprotocols'), not ${beside}: ` +
      'browsers fail a connection that is given none of those they offered, and a token is none to give',
    { status: 400, code: 'TOKEN_WITHOUT_SUBPROTOCOL' },
  );
}

function compileChoice<Request extends IncomingMessage>(option: Subprotocols<Request> | undefined): SubprotocolChoice {
  if (option === undefined) return chooseNone;
  if (typeof option === 'function') return byFunction(option as Extract<Subprotocols, (...given: never) => unknown>);
  if (!Array.isArray(option)) {
    throw new InvalidOptionError(`Option 'subprotocols' must be a list or a function, not ${describe(option)}`);
  }
  const spoken = new Set<string>();
  for (const name of option as readonly unknown[]) {
    if (typeof name !== 'string' || !isToken(name)) {
      throw new InvalidOptionError(
        `Option 'subprotocols' holds ${describe(name)}, which is no name of a subprotocol: letters, digits and !#$%&'*+-.^_\`|~`,
      );
    }
    if (isBearerSubprotocol(name)) {
      throw new InvalidOptionError(
        `Option 'subprotocols' holds ${describe(name)}, which begins as bearer tokens do: no such name is ever chosen`,
      );
    }
    spoken.add(name);
  }
  // RFC 6455, 4.1: the client orders its offer by preference; the server's list has no order.
  return (offered) => offered.find((name) => spoken.has(name)) ?? '';
}

function chooseNone(): string {
  return '';
}

function byFunction(choose: Extract<Subprotocols, (...given: never) => unknown>): SubprotocolChoice {
  return (offered, request) => {
    if (offered.length === 0) return '';
    const chosen: unknown = choose([...offered], request);
    // `offered.find(…)` has nothing else to say where it finds none.
    if (chosen === false || chosen === undefined) return '';
    // RFC 6455, 4.1: a client fails the connection when it is given a subprotocol that it did not offer.
    if (typeof chosen === 'string' && offered.includes(chosen)) return chosen;
    throw new InvalidStateError(
      `The function 'subprotocols' must return false or one of ${offered.map((name) => `'${name}'`).join(', ')}, not ${describe(chosen)}`,
      { code: 'INVALID_SUBPROTOCOL' },
    );
  };
}
