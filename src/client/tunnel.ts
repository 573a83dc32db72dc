import type { Socket } from 'node:net';
import { HandshakeError } from '../protocol/errors';
import { printable } from '../protocol/options';
import type { Attempt } from './attempt';
import { exchange } from './exchange';
import { basicAuthorization } from './target';

/**
 * Asks an HTTP proxy for a tunnel (CONNECT; RFC 9110, section 9.3.6).
 *
 * @param socket the connection to the proxy
 * @param authority host and port of the server behind it
 * @throws HandshakeError with what the proxy answered instead
 */
export async function openTunnel(attempt: Attempt, socket: Socket, proxy: URL, authority: string): Promise<Socket> {
  const authorization = basicAuthorization(proxy, "Option 'proxy'");
  const headers = { Host: authority, ...(authorization && { 'Proxy-Authorization': authorization }) };
  const where = `the proxy ${proxy.protocol}//${proxy.host}`;
  const answer = await exchange(attempt, socket, { method: 'CONNECT', path: authority, headers }, where);
  const { status, statusMessage, headers: answered, head } = answer;
  if (status < 200 || status > 299) {
    const hint = status === 407 ? '; user and password go into its URL' : '';
    throw new HandshakeError(
      `${sentence(where)} answered ${status}${statusMessage ? ` ${printable(statusMessage)}` : ''}${hint}`,
      {
        code: 'PROXY_REFUSED',
        response: { status, headers: answered, body: '' },
      },
    );
  }
  if (head !== undefined && head.length > 0) socket.unshift(head);
  return socket;
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
