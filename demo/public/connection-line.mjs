import { byId } from './dom.mjs';

/** How long, in milliseconds, the line says that all is well again. */
const GOOD_NEWS_FOR = 5000;

const TEXTS = {
  open: '',
  connecting: '',
  lost: 'The connection is lost.',
  back: 'Connected again.',
  closed: 'The server has closed the connection.',
  apart: 'Your node does not reach the others. What is said meanwhile gets there later.',
  together: 'The nodes are together again.',
};

/** What the word under our name says; a node's number is added where there are several. */
const WORDS = { connecting: 'Connecting …', lost: 'Not connected', closed: 'Not connected' };

/** The line above the messages, and the word under our own name. */
export class ConnectionLine {
  #state = 'connecting';
  #node;
  #timer;

  /** What the client says of its connection. */
  show({ status, retryAt, reason }) {
    const wasLost = this.#state === 'lost' || this.#state === 'closed';
    if (status === 'open') this.#enter(wasLost ? 'back' : 'open');
    else if (status === 'waiting') this.#enter('lost', retryAt);
    else if (status === 'closed') this.#enter('closed', undefined, reason);
    // While it is dialled again it is still lost.
    else this.#enter(wasLost ? 'lost' : 'connecting', wasLost ? 0 : undefined);
  }

  /** Whether our node hears the others. */
  showTogether(isTogether) {
    const isApart = this.#state === 'apart';
    if (!isTogether && ['open', 'back', 'together'].includes(this.#state)) this.#enter('apart');
    else if (isTogether && isApart) this.#enter('together');
  }

  /** We are connected to this node; undefined where there is only one. */
  showNode(node) {
    this.#node = node;
    this.#drawWord();
  }

  #drawWord() {
    const connected = this.#node === undefined ? 'Connected' : `On node ${this.#node}`;
    byId('my-state').textContent = WORDS[this.#state] ?? connected;
  }

  #enter(state, retryAt, reason) {
    clearInterval(this.#timer);
    this.#state = state;
    byId('connection').dataset.state = state;
    byId('my-state').dataset.state = state;
    this.#drawWord();
    byId('try-now').hidden = state !== 'lost' && state !== 'closed';
    byId('countdown').textContent = '';
    // Written only when it changes: a screen reader says it each time, and attempts may be many.
    const text = [TEXTS[state], reason].filter(Boolean).join(' ');
    if (byId('connection-text').textContent !== text) byId('connection-text').textContent = text;
    if (state === 'back' || state === 'together') this.#timer = setTimeout(() => this.#enter('open'), GOOD_NEWS_FOR);
    if (state === 'lost') this.#countDown(retryAt);
  }

  #countDown(retryAt) {
    const count = () => {
      const seconds = Math.ceil((retryAt - Date.now()) / 1000);
      byId('countdown').textContent = seconds > 0 ? `Trying again in ${seconds} s` : 'Trying …';
    };
    count();
    this.#timer = setInterval(count, 250);
  }
}
