/** The first delay, in milliseconds, that a lost connection may wait before it is dialled again. It doubles with each failure. */
const FIRST_DELAY = 500;

/** The longest delay, in milliseconds. */
const LONGEST_DELAY = 20_000;

/** A connection that lived this long, in milliseconds, has worked: the next loss begins with the first delay again. */
const STABLE_AFTER = 5_000;

/** The address of a WebSocket on the page's own server. */
export function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url;
}

/**
 * A WebSocket that is dialled again when it is lost.
 *
 * Each delay is drawn at random between 0 and a limit that doubles ("full jitter"), so that the thousand pages of a server
 * that restarts do not come back in the same moment.
 *
 * Events: `open`; `text` (`event.detail` is the message); `lost` (`event.detail.retryAt` is when it will dial again, in
 * milliseconds since 1970).
 */
export class ReconnectingSocket extends EventTarget {
  #url;
  #socket = null;
  #failures = 0;
  #retryTimer;
  #stableTimer;

  constructor(url) {
    super();
    this.#url = url;
    addEventListener('online', () => this.retryNow());
    addEventListener('offline', () => this.drop());
    this.#dial();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Sends a text, and returns whether there was a connection to send it on. */
  send(text) {
    if (!this.isOpen) return false;
    this.#socket.send(text);
    return true;
  }

  /** Dials at once, if it is waiting. */
  retryNow() {
    if (this.#socket === null) this.#dial();
  }

  /** Gives up a connection that is believed dead. A browser may wait minutes for such a one; this does not. */
  drop() {
    if (this.#socket === null) return;
    this.#socket.close();
    this.#lost(this.#socket);
  }

  #dial() {
    clearTimeout(this.#retryTimer);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#stableTimer = setTimeout(() => {
        this.#failures = 0;
      }, STABLE_AFTER);
      this.dispatchEvent(new Event('open'));
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.dispatchEvent(new CustomEvent('text', { detail: data }));
    };
    socket.onclose = () => this.#lost(socket);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#stableTimer);
    const delay = Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    this.#failures++;
    this.#retryTimer = setTimeout(() => this.#dial(), delay);
    this.dispatchEvent(new CustomEvent('lost', { detail: { retryAt: Date.now() + delay } }));
  }
}
