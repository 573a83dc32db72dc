/** The chat page: what happens when the user does something, or the server says something. */
import { ChatClient } from './client.min.mjs';
import { ConnectionLine } from './connection-line.mjs';
import { Conversation } from './conversation.mjs';
import { announce, byId, paintAvatar } from './dom.mjs';
import { nameOfTab, recall, recallHere, remember } from './memory.mjs';
import { Nodes } from './nodes.mjs';
import { showProtocols } from './protocols.mjs';
import { addressOf, drawPeople, drawRooms } from './room-list.mjs';

/** Where somebody goes who comes without the address of a room. */
const FIRST_ROOM = 'general';

/** Where the panels at the sides are open beside the talk, rather than over it when asked for. The style sheet has the same. */
const wide = { rooms: matchMedia('(min-width: 48rem)'), people: matchMedia('(min-width: 68rem)') };

const line = new ConnectionLine();
const nodes = new Nodes(drawLists);
/** The rooms that we are in, by name. */
const conversations = new Map();
let client;
let current = null;
/** Known from the last event: to ask would have the browser lay everything out for each message. */
let isScrolledUp = false;

/** What conversations tell. */
const page = {
  changed(conversation) {
    if (conversation === current) drawHead();
    drawLists();
  },
  received,
  presence(conversation, { joins, leaves }) {
    const isMe = ({ id }) => id === conversation.me?.id;
    const note = (text, kind, { name }) => {
      conversation.log.note(text, { kind, name });
      if (conversation === current) announce(`${name} ${text}`);
    };
    for (const member of leaves) {
      // Who takes another name leaves with the old one and joins with the new one at once, and keeps the id.
      const renamed = joins.find(({ id }) => id === member.id);
      if (isMe(member)) continue;
      if (renamed === undefined) note('left', 'left', member);
      else if (renamed.name !== member.name) note(`is now ${renamed.name}`, '', member);
    }
    for (const member of joins) {
      if (!isMe(member) && !leaves.some(({ id }) => id === member.id)) note('joined', 'joined', member);
    }
  },
  closed(conversation, { message }) {
    conversations.delete(conversation.name);
    rememberRooms();
    if (conversation === current) openRoom(firstRoom(), 'replaceState');
    showProblem(message);
  },
  problem: showProblem,
};

begin();

/** A tab that was here before goes on; a new one is asked for a name. */
function begin() {
  const name = recallHere('name');
  if (name !== undefined) {
    start(name);
    return;
  }
  const room = roomInAddress();
  if (room) byId('welcome-text').textContent = `You are invited to “${room}”. Choose a name, and you are connected.`;
  byId('welcome').hidden = false;
  const input = byId('welcome-name');
  input.value = recall('name') ?? '';
  input.focus();
  input.select();
  onName('welcome-form', (chosen) => {
    byId('welcome').hidden = true;
    start(chosen);
  });
}

function start(name) {
  remember('name', name);
  byId('chat').hidden = false;
  client = new ChatClient(`/chat?protocol&tab=${nameOfTab()}`, { name });
  client.on('state', showState);
  client.on('other', heardOther);
  client.on('error', ({ message }) => showProblem(message));
  listenToUser();
  drawMe();
  showState(client.state);
  for (const room of recall('rooms') ?? []) join(room);
  openRoom(roomInAddress() || recallHere('room') || FIRST_ROOM, 'replaceState');
  focusTalk();
}

function showState(state) {
  line.show(state);
  if (state.status !== 'open') showProtocols(null);
  drawHead();
}

/** The dashboard is for this computer only, by a name that nobody else can have; and the nodes of a cluster have none. */
function hasDashboard(node) {
  return node === undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
}

/** What the site says that is not of the chat protocol: see site.ts and news.ts. */
function heardOther(news) {
  if (news.type === 'protocol') {
    showProtocols(news.name);
    byId('dashboard').hidden = !hasDashboard(news.node);
    line.showNode(news.node);
    nodes.connected(news.node);
  } else if (news.type === 'node') {
    nodes.hear(news);
    line.showTogether(nodes.isTogether);
    if (nodes.isTogether) for (const conversation of conversations.values()) conversation.catchUp();
  }
  drawLists();
}

function join(name) {
  const known = conversations.get(name);
  if (known !== undefined) return known;
  const conversation = new Conversation(client.join(name), page);
  conversations.set(name, conversation);
  return conversation;
}

function received(conversation, message) {
  const { log } = conversation;
  const isShown = conversation === current;
  const seen = isShown && !document.hidden;
  if (message.own) {
    log.clearUnread();
  } else {
    if (!seen) {
      if (conversation.unread === 0) log.clearUnread();
      log.markUnread();
      conversation.unread++;
    }
    announce(`${message.from.name}${seen ? '' : ` in ${conversation.name}`}: ${message.text}`);
  }
  log.add(message);
  if (isShown && message.own) scrollToNewest();
  if (isShown && isScrolledUp) byId('to-newest').hidden = false;
  else log.shorten();
  drawLists();
}

function listenToUser() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest('.room-list a');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openRoom(link.parentNode.dataset.room, 'pushState');
    focusTalk();
  });
  addEventListener('popstate', () => openRoom(roomInAddress() || firstRoom()));
  document.addEventListener('visibilitychange', markRead);

  byId('room-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const room = tidy(byId('room-name').value);
    if (room === '') return;
    event.target.reset();
    openRoom(room, 'pushState');
    focusTalk();
  });
  byId('leave').addEventListener('click', () => {
    const left = current;
    conversations.delete(left.name);
    left.leave();
    announce(`You left ${left.name}`);
    openRoom(firstRoom(), 'pushState');
    byId('room-title').focus();
  });
  byId('copy-link').addEventListener('click', copyLink);
  byId('rename').addEventListener('click', () => {
    byId('new-name').value = client.name;
    byId('rename-dialog').showModal();
    byId('new-name').select();
  });
  byId('rename-cancel').addEventListener('click', () => byId('rename-dialog').close());
  onName('rename-form', rename);

  const text = byId('text');
  byId('composer').addEventListener('submit', (event) => {
    event.preventDefault();
    say();
  });
  text.addEventListener('keydown', (event) => {
    // While a Japanese or Chinese word is being composed, Enter chooses it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say();
  });
  text.addEventListener('input', fitText);

  byId('log').addEventListener('scroll', () => {
    // The log is laid out from its end (see the style sheet): 0 is the newest message, and above it is negative.
    isScrolledUp = byId('log').scrollTop < -40;
    if (!isScrolledUp) byId('to-newest').hidden = true;
    if (isNearOldest()) current?.readEarlier();
  });
  byId('to-newest').addEventListener('click', () => {
    scrollToNewest();
    text.focus();
  });
  byId('try-now').addEventListener('click', () => client.connect());
  byId('problem-close').addEventListener('click', () => {
    byId('problem').hidden = true;
    text.focus();
  });
  for (const [panel, query] of Object.entries(wide)) {
    query.addEventListener('change', () => byId(panel).hidePopover());
  }
}

/** Goes to a room, joining it when we are not in it. Null is no room at all. */
function openRoom(name, historyMethod) {
  if (current !== null) {
    current.draft = byId('text').value;
    current.log.clearUnread();
  }
  current = name === null ? null : join(name);
  rememberRooms();
  remember('room', name);
  if (historyMethod) history[historyMethod](null, '', current ? addressOf(name) : '/');
  byId('rooms').hidePopover();
  byId('text').value = current?.draft ?? '';
  byId('log-content').replaceChildren(...(current ? [current.log.element] : []));
  for (const id of ['log', 'composer', 'copy-link', 'leave']) byId(id).hidden = current === null;
  byId('nowhere').hidden = current !== null;
  byId('problem').hidden = true;
  fitText();
  scrollToNewest();
  markRead();
  drawHead();
}

function say() {
  const input = byId('text');
  const text = input.value.trim();
  if (text === '' || current === null) return;
  input.value = '';
  fitText();
  byId('problem').hidden = true;
  current.say(text, client.name);
}

async function rename(name) {
  if (name === client.name) return;
  const renamed = client.rename(name);
  drawMe();
  try {
    await renamed;
    remember('name', name);
    announce(`You are ${name} now`);
  } catch (error) {
    showProblem(error.message);
  }
  drawMe();
}

async function copyLink() {
  const link = new URL(addressOf(current.name), location.href).href;
  try {
    await navigator.clipboard.writeText(link);
    flash('Link copied');
  } catch {
    // Browsers keep the clipboard from pages that came without encryption.
    flash(link);
  }
}

/** Everything in the current room has been seen, if somebody is looking. */
function markRead() {
  if (current !== null && !document.hidden) current.unread = 0;
  drawLists();
}

function drawLists() {
  drawRooms(conversations, current, nodes.rooms);
  drawPeople(current, (id) => nodes.tabsOf(id));
  nodes.draw();
}

function drawHead() {
  byId('room-title').textContent = current?.name ?? 'No room';
  byId('room-summary').textContent = current === null ? '' : summaryOf(current);
  byId('text-label').textContent = current === null ? 'Message' : `Message in ${current.name}`;
  byId('text').placeholder = current === null ? '' : `Message in ${current.name}`;
  byId('people').classList.toggle('empty', current === null);
  byId('people-title').textContent = current?.count ? `People here (${current.count})` : 'People here';
}

function summaryOf(room) {
  if (!room.isJoined) return client.state.status === 'open' ? 'Joining …' : 'Not connected';
  const others = room.count - 1;
  if (others === 0) return 'Only you are here so far';
  return others === 1 ? 'You and 1 other' : `You and ${others} others`;
}

function drawMe() {
  byId('my-name').textContent = client.name;
  paintAvatar(byId('my-avatar'), client.name);
}

function showProblem(text) {
  byId('problem-text').textContent = text;
  byId('problem').hidden = false;
}

/** Shows a text for a moment where the room's summary stands. */
function flash(text) {
  announce(text);
  byId('room-summary').textContent = text;
  setTimeout(drawHead, 3000);
}

function isNearOldest() {
  const { scrollTop, scrollHeight, clientHeight } = byId('log');
  return scrollHeight - clientHeight + scrollTop < 300;
}

function scrollToNewest() {
  byId('log').scrollTop = 0;
  isScrolledUp = false;
  byId('to-newest').hidden = true;
}

/** On a touch screen the focus in a text field opens the keyboard, which nobody asked for who only looks at a room. */
function focusTalk() {
  byId(matchMedia('(pointer: fine)').matches ? 'text' : 'room-title').focus();
}

/** Lets the text field grow with its text, up to the limit in the style sheet. */
function fitText() {
  const text = byId('text');
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight}px`;
}

function firstRoom() {
  return conversations.keys().next().value ?? null;
}

function rememberRooms() {
  remember('rooms', [...conversations.keys()]);
}

function roomInAddress() {
  return tidy(new URLSearchParams(location.search).get('room') ?? '');
}

function tidy(name) {
  return name.trim().replace(/\s+/g, ' ');
}

/** Listens to a form that asks for a name. */
function onName(formId, listener) {
  byId(formId).addEventListener('submit', (event) => {
    if (event.target.method !== 'dialog') event.preventDefault();
    const name = tidy(event.target.elements.namedItem('name').value);
    if (name !== '') listener(name);
  });
}
