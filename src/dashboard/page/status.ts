import type { ConnectionState } from '../../browser/reconnecting-socket';
import { byId, setText } from './dom';
import { duration } from './format';

/** Milliseconds without a sample after which the server is said to be silent. */
const silence = 3_500;

/** Says whether what the page shows is what is so now. */
export class StatusLine {
  #state: ConnectionState = { status: 'connecting' };
  /** When there was news. */
  #heardAt = performance.now();

  /** @param reconnect what the button does */
  constructor(reconnect: () => void) {
    byId('reconnect').addEventListener('click', reconnect);
    setInterval(() => this.#show(), 500);
  }

  enter(state: ConnectionState): void {
    this.#state = state;
    this.#heardAt = performance.now();
    this.#show();
  }

  heard(): void {
    this.#heardAt = performance.now();
    this.#show();
  }

  #show(): void {
    const { name, text } = this.#describe();
    byId('status').dataset.state = name;
    document.documentElement.dataset.live = String(name === 'live' || name === 'connecting');
    setText(byId('status-text'), text);
    byId('reconnect').hidden = !['waiting', 'closed'].includes(this.#state.status);
  }

  #describe(): { name: string; text: string } {
    const state = this.#state;
    if (state.status === 'waiting') {
      const left = state.retryAt - Date.now();
      return { name: 'lost', text: `Disconnected, reconnecting${left > 1000 ? ` in ${duration(left)}` : ' …'}` };
    }
    if (state.status === 'closed') {
      return { name: 'lost', text: `Closed by the server: ${state.reason || state.code}` };
    }
    if (state.status === 'connecting') return { name: 'connecting', text: 'Connecting …' };
    const silent = performance.now() - this.#heardAt;
    return silent > silence
      ? { name: 'silent', text: `No news for ${duration(silent)}: the server is busy, or the network is slow` }
      : { name: 'live', text: 'Live' };
  }
}
