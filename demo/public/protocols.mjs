/** Which protocol carried the page, and which carries its WebSocket. */
import { byId } from './dom.mjs';

/** The names that browsers give to protocols, which are those of TLS (ALPN), and those that people know. */
const NAMES = { 'http/1.1': 'HTTP/1.1', h2: 'HTTP/2' };

/** Shows both. The WebSocket's is what the server has said, or null while there is no connection. */
export function showProtocols(ofSocket) {
  const [{ nextHopProtocol }] = performance.getEntriesByType('navigation');
  const ofPage = NAMES[nextHopProtocol] ?? nextHopProtocol;
  // It is empty for a page out of the browser's cache.
  const shown = [ofPage && `Page: ${ofPage}`, ofSocket && `WebSocket: ${ofSocket}`].filter(Boolean);
  byId('protocols').textContent = shown.join(' · ');
}
