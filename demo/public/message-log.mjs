import { appendWithLinks, avatar, element } from './dom.mjs';

/** Older messages than this many leave the page, so that a busy room does not fill its memory. */
const LONGEST_LOG = 500;

/** Messages of one author within this time, in milliseconds, stand together under one name. */
const TOGETHER_WITHIN = 5 * 60_000;

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

const STATUS_TEXTS = {
  waiting: 'Waiting for the connection',
  sending: 'Sending …',
  unconfirmed: 'Perhaps not delivered',
  refused: 'Not sent',
};

/** What was said in one room, as a list on the page. Confirmed messages stand in the server's order, others below them. */
export class MessageLog {
  element = element('ol', { className: 'messages' });
  #items = new Map();
  #messages = new WeakMap();
  #sendAgain;

  /** @param sendAgain called with a message that the user wants to send again */
  constructor(sendAgain) {
    this.#sendAgain = sendAgain;
  }

  get isEmpty() {
    return this.element.childElementCount === 0;
  }

  add(message) {
    const item = element('li', { className: message.own ? 'message own' : 'message' });
    const text = element('p', { className: 'text' });
    appendWithLinks(text, message.text);
    const time = element('time', { className: 'time' });
    item.append(
      avatar(message.from.name),
      element('p', { className: 'author' }, message.own ? 'You' : message.from.name),
      element('div', { className: 'bubble' }, text, time),
      element('p', { className: 'status' }),
    );
    this.#items.set(message, item);
    this.#messages.set(item, message);
    this.#place(item);
    this.update(message);
    while (this.element.childElementCount > LONGEST_LOG) this.#remove(this.element.firstElementChild);
  }

  /** Shows the status and the time that a message has now, and moves it to its place when it was confirmed. */
  update(message) {
    const item = this.#items.get(message);
    if (item === undefined) return;
    item.dataset.status = message.status;
    const time = item.querySelector('time');
    time.dateTime = message.at.toISOString();
    time.textContent = clock.format(message.at);
    time.title = full.format(message.at);
    const status = item.querySelector('.status');
    status.replaceChildren(STATUS_TEXTS[message.status] ?? '');
    if (message.status === 'unconfirmed' || message.status === 'refused') {
      const button = element('button', { type: 'button', className: 'plain' }, 'Send again');
      button.addEventListener('click', () => this.#sendAgain(message));
      status.append(' ', button);
    }
    if (message.own) this.#place(item);
    this.#group(item);
    this.#group(item.nextElementSibling);
  }

  /** A line about the room. Another of the same kind right after it is added to it: "Ann, Bo joined". */
  note(text, { kind = '', name = '' } = {}) {
    const last = this.#lastConfirmed();
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

  /** Draws the line above what came while nobody looked. There is one at most. */
  markUnread() {
    if (this.element.querySelector('.unread-line')) return;
    this.#insert(element('li', { className: 'unread-line' }, element('span', {}, 'New')), this.#lastConfirmed());
  }

  clearUnread() {
    const line = this.element.querySelector('.unread-line');
    const next = line?.nextElementSibling;
    line?.remove();
    this.#group(next);
  }

  #place(item) {
    const message = this.#messages.get(item);
    if (message.status !== 'sent') {
      if (item.parentNode === null) this.element.append(item);
      return;
    }
    let before = this.#lastConfirmed(item);
    // Answers come in order; only a message that was said before ours was confirmed can stand after it.
    while (this.#messages.get(before)?.offset > message.offset) before = before.previousElementSibling;
    if (item.parentNode === null || item.previousElementSibling !== before) this.#insert(item, before);
  }

  /** The last line that is not one of our own messages on their way. */
  #lastConfirmed(except) {
    let item = this.element.lastElementChild;
    while (item !== null && (item === except || (item.dataset.status ?? 'sent') !== 'sent')) {
      item = item.previousElementSibling;
    }
    return item;
  }

  #insert(item, before) {
    const follower = item.nextElementSibling;
    if (before === null) this.element.prepend(item);
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
    const sameAuthor = previous?.own === message.own && (message.own || previous.from.id === message.from.id);
    item.classList.toggle('together', sameAuthor && message.at - previous.at < TOGETHER_WITHIN);
    const day = message.at.toDateString();
    const newDay = this.#previousMessage(item)?.at.toDateString() !== day && day !== new Date().toDateString();
    item.querySelector('.day')?.remove();
    if (newDay) item.prepend(element('p', { className: 'day' }, calendar.format(message.at)));
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
