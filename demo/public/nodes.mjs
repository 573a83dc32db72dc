import { byId, element } from './dom.mjs';

/** A node that is silent for this long, in milliseconds, is away: each says every second that it is there. */
const AWAY_AFTER = 3_500;

/**
 * What the nodes of the site say of themselves: `{ node, broker, tabs, rooms: [{ name, count }] }`, each for its own part.
 * `tabs` has the id of the member behind each tab.
 */
export class Nodes {
  #heard = new Map();
  #own;

  /** @param changed called when something is to be drawn anew */
  constructor(changed) {
    setInterval(() => {
      if (this.#own !== undefined) changed();
    }, 1000);
  }

  /** We are connected, to this node. What others were heard to say before may not be so any more. */
  connected(node) {
    this.#own = node;
    for (const news of this.#heard.values()) news.at = 0;
  }

  hear(news) {
    this.#heard.set(news.node, { ...news, at: Date.now() });
  }

  /** Our node's number; undefined where there is only one. */
  get own() {
    return this.#own;
  }

  /** Whether our node hears the others; true where there are none. */
  get isTogether() {
    return this.#heard.get(this.#own)?.broker !== 'degraded';
  }

  /** All rooms that somebody is in: `{ name, count }`. */
  get rooms() {
    const counts = new Map();
    for (const { rooms } of this.#here()) {
      for (const { name, count } of rooms) counts.set(name, (counts.get(name) ?? 0) + count);
    }
    return Array.from(counts, ([name, count]) => ({ name, count }));
  }

  /** How many tabs somebody has, by the member's id. */
  tabsOf(id) {
    return this.#here().reduce((sum, { tabs }) => sum + tabs.filter((tab) => tab === id).length, 0);
  }

  /** Draws a lamp for each node: which there are, which is ours, and how many tabs it has. */
  draw() {
    byId('nodes').hidden = this.#own === undefined;
    if (this.#own === undefined) return;
    const here = this.#here();
    const all = [...this.#heard.values()].sort((one, other) => one.node - other.node);
    const items = all.map((news) => {
      const isHere = here.includes(news);
      const { length } = news.tabs;
      const tabs = length === 1 ? '1 tab' : `${length} tabs`;
      const item = element(
        'li',
        {},
        element('span', { className: 'lamp' }),
        element('span', { className: 'room' }, `Node ${news.node}`),
        element('span', { className: 'count' }, isHere ? tabs : 'away'),
      );
      item.dataset.state = isHere ? 'here' : 'away';
      if (news.node === this.#own) item.setAttribute('aria-current', 'true');
      return item;
    });
    byId('node-list').replaceChildren(...items);
  }

  /** Those that were heard lately. Without several nodes there is one, which we hear whenever it has something to say. */
  #here() {
    const all = [...this.#heard.values()];
    return all.filter(({ node, at }) => node === undefined || Date.now() - at < AWAY_AFTER);
  }
}
