import { announce, appendWithLinks, avatar, element } from './dom.mjs';

/** Older lines than this many leave the page while nobody reads them, so that a busy room does not fill its memory. */
const LONGEST_LOG = 500;

/** Messages of one author within this time, in milliseconds, stand together under one name. */
const TOGETHER_WITHIN = 5 * 60_000;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

const STATUS_TEXTS = {
  waiting: 'Waiting for the connection',
  sending: 'Sending …',
  pending: 'Not everybody has this yet',
  unconfirmed: 'Perhaps not delivered',
  refused: 'Not sent',
};

/**
 * What was said in one room, as a list on the page. Messages that have their place in the server's log stand in its order,
 * others below them. A message is the client's; one of ours has a `status`, too, until it has its place.
 */
export class MessageLog {
  #list = element('ol', { className: 'messages' });
  #words = element('span');
  #button = element('button', { type: 'button', className: 'plain', hidden: true });
  #items = new Map();
  #messages = new WeakMap();
  #actions;
  /** There is something older than what is shown. */
  hasEarlier = false;

  /** @param actions `sendAgain(message)` and `readEarlier()`, which are called when the user asks for it */
  constructor(actions) {
    this.#actions = actions;
    this.#button.addEventListener('click', () => actions.readEarlier());
    this.element = element('div', {}, element('p', { className: 'earlier' }, this.#words, this.#button), this.#list);
  }

  /** The oldest message that has a place. */
  get oldest() {
    for (const item of this.#list.children) {
      const message = this.#messages.get(item);
      if (message !== undefined && message.offset !== null) return message;
    }
    return undefined;
  }

  add(message) {
    const item = this.#makeItem(message);
    this.#place(item);
    this.update(message);
  }

  /** Shows the status and the time that a message has now, and moves it to its place when it has got one. */
  update(message) {
    const item = this.#items.get(message);
    if (item === undefined) return;
    this.#draw(item, message);
    if (item.dataset.placed !== 'true' && statusOf(message) === 'sent') this.#place(item);
    this.#group(item);
    this.#group(item.nextElementSibling);
  }

  /**
   * Puts what was said before on top. What is shown does not move: the list is laid out from its end.
   *
   * @param more there is more before that
   * @param isFirst it is what was said before we came
   */
  addEarlier(messages, { more, isFirst }) {
    const items = messages.map((message) => this.#makeItem(message));
    for (const item of items) item.classList.add('before');
    if (isFirst && items.length > 0) {
      items.push(element('li', { className: 'line here-line' }, element('span', {}, 'Said before you came')));
    }
    const follower = this.#list.firstElementChild;
    this.#list.prepend(...items);
    for (const item of [...items, follower]) this.#group(item);
    this.#list.classList.add('read');
    if (!isFirst) announce(`${messages.length} earlier messages`);
    this.#setEarlier(more, more || this.oldest === undefined ? '' : 'Nothing earlier is kept.');
  }

  showReading() {
    this.#words.textContent = '';
    this.#button.textContent = 'Reading …';
  }

  showNotRead() {
    this.#list.classList.add('read');
    this.#setEarlier(true, 'Earlier messages cannot be read now. ', 'Try again');
  }

  /** Takes the oldest lines off the page; they can be read again. */
  shorten() {
    if (this.#list.childElementCount <= LONGEST_LOG) return;
    while (this.#list.childElementCount > LONGEST_LOG) this.#remove(this.#list.firstElementChild);
    this.#group(this.#list.firstElementChild);
    this.#setEarlier(true);
  }

  /** A line about the room. Another of the same kind right after it is added to it: "Ann, Bo joined". */
  note(text, { kind = '', name = '' } = {}) {
    const last = this.#lastPlaced();
    if (kind !== '' && last?.dataset.kind === kind) {
      const names = last.querySelector('.names');
      const count = Number(last.dataset.count) + 1;
      last.dataset.count = count;
      if (count <= 3) names.textContent += `, ${name}`;
      else last.querySelector('.others').textContent = ` and ${count - 3} more`;
      return;
    }
    const item = element('li', { className: 'note' });
    item.append(element('strong', { className: 'names' }, name), element('span', { className: 'others' }), ` ${text}`);
    Object.assign(item.dataset, { kind, count: 1 });
    this.#insert(item, last);
  }

  /** Draws the line behind which something may be missing. */
  gap() {
    const last = this.#lastPlaced();
    if (last?.classList.contains('gap-line')) return;
    const text = 'Something may be missing here';
    this.#insert(element('li', { className: 'line gap-line' }, element('span', {}, text)), last);
    announce(text);
  }

  /** Draws the line above what came while nobody looked. There is one at most. */
  markUnread() {
    if (this.#list.querySelector('.unread-line')) return;
    this.#insert(element('li', { className: 'line unread-line' }, element('span', {}, 'New')), this.#lastPlaced());
  }

  clearUnread() {
    const line = this.#list.querySelector('.unread-line');
    const next = line?.nextElementSibling;
    line?.remove();
    this.#group(next);
  }

  #setEarlier(hasEarlier, words = '', label = 'Show earlier messages') {
    this.hasEarlier = hasEarlier;
    this.#words.textContent = words;
    this.#button.textContent = label;
    this.#button.hidden = !hasEarlier;
  }

  #makeItem(message) {
    const item = element('li', { className: message.own ? 'message own' : 'message' });
    const text = element('p', { className: 'text' });
    appendWithLinks(text, message.text);
    item.append(
      avatar(message.from.name),
      element('p', { className: 'author' }, message.own ? 'You' : message.from.name),
      element('div', { className: 'bubble' }, text, element('time', { className: 'time' })),
      element('p', { className: 'status' }),
    );
    this.#items.set(message, item);
    this.#messages.set(item, message);
    this.#draw(item, message);
    return item;
  }

  #draw(item, message) {
    const status = statusOf(message);
    if (item.dataset.status === status) return;
    item.dataset.status = status;
    const at = new Date(message.at);
    const time = item.querySelector('time');
    time.dateTime = at.toISOString();
    time.textContent = clock.format(at);
    time.title = full.format(at);
    const words = item.querySelector('.status');
    words.replaceChildren(STATUS_TEXTS[status] ?? '');
    if (status === 'unconfirmed' || status === 'refused') {
      const button = element('button', { type: 'button', className: 'plain' }, 'Send again');
      button.addEventListener('click', () => this.#actions.sendAgain(message));
      words.append(' ', button);
    }
    if (status === 'unconfirmed') announce('A message was perhaps not delivered.');
  }

  #place(item) {
    const message = this.#messages.get(item);
    if (statusOf(message) !== 'sent') {
      if (item.parentNode === null) this.#list.append(item);
      this.#group(item);
      return;
    }
    item.dataset.placed = 'true';
    let before = this.#lastPlaced(item);
    // Only messages that were said before ours was acknowledged can stand behind it.
    for (let each = before; each !== null; each = each.previousElementSibling) {
      const other = this.#messages.get(each);
      if (other === undefined || each === item) continue;
      if (other.epoch !== message.epoch || other.offset < message.offset) break;
      before = each.previousElementSibling;
    }
    if (before === item) before = item.previousElementSibling;
    if (item.parentNode === null || item.previousElementSibling !== before) this.#insert(item, before);
  }

  /** The last line that is no message without a place. */
  #lastPlaced(except) {
    let item = this.#list.lastElementChild;
    while (item !== null && (item === except || (item.dataset.status ?? 'sent') !== 'sent')) {
      item = item.previousElementSibling;
    }
    return item;
  }

  #insert(item, before) {
    const follower = item.nextElementSibling;
    if (before === null) this.#list.prepend(item);
    else before.after(item);
    this.#group(item);
    this.#group(item.nextElementSibling);
    this.#group(follower);
  }

  /** Decides whether a message stands under its author's last name, and whether a new day begins with it. */
  #group(item) {
    const message = this.#messages.get(item);
    if (message === undefined) return;
    const previous = this.#messages.get(item.previousElementSibling);
    const sameAuthor = previous?.from.id === message.from.id && previous.from.name === message.from.name;
    const together = previous?.own === message.own && (message.own || sameAuthor);
    item.classList.toggle('together', together && message.at - previous.at < TOGETHER_WITHIN);
    const at = new Date(message.at);
    const earlier = this.#previousMessage(item);
    const today = new Date().toDateString();
    const day = at.toDateString();
    item.querySelector('.day')?.remove();
    if (day === (earlier === undefined ? today : new Date(earlier.at).toDateString())) return;
    item.prepend(element('p', { className: 'day' }, day === today ? 'Today' : calendar.format(at)));
  }

  #previousMessage(item) {
    let previous = item.previousElementSibling;
    while (previous !== null && !this.#messages.has(previous)) previous = previous.previousElementSibling;
    return this.#messages.get(previous);
  }

  #remove(item) {
    this.#items.delete(this.#messages.get(item));
    item.remove();
  }
}

/** How far a message has come: where there is no word for it, only its place counts. */
function statusOf({ status, offset }) {
  return status ?? (offset === null ? 'pending' : 'sent');
}
