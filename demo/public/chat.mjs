/** The chat page: what happens when the user does something, or the server says something. */
import { ChatClient } from './chat-client.mjs';
import { announce, byId, paintAvatar } from './dom.mjs';
import { recall, recallHere, remember } from './memory.mjs';
import { MessageLog } from './message-log.mjs';
import { showProtocols } from './protocols.mjs';
import { ReconnectingSocket, socketUrl } from './reconnecting-socket.mjs';
import { addressOf, drawPeople, drawRooms } from './room-list.mjs';

/** Where somebody goes who comes without the address of a room. */
const FIRST_ROOM = 'general';

/** Where the panels at the sides are open beside the talk, rather than over it when asked for. The style sheet has the same. */
const wide = { rooms: matchMedia('(min-width: 48rem)'), people: matchMedia('(min-width: 68rem)') };

const logs = new WeakMap();
let client;
let current = null;
/** All rooms that somebody is in: `{ name, count }`. */
let openRooms = [];
let countdownTimer;

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
  client = new ChatClient(socketUrl('/chat?protocol'), name);
  new ReconnectingSocket(socketUrl('/rooms')).addEventListener('text', ({ detail }) => {
    openRooms = JSON.parse(detail);
    drawLists();
  });
  listenToClient();
  listenToUser();
  drawMe();
  showConnection({ open: false });
  for (const room of recall('rooms') ?? []) client.join(room);
  openRoom(roomInAddress() || recallHere('room') || FIRST_ROOM, 'replaceState');
  focusTalk();
}

function listenToClient() {
  const on = (type, listener) => client.addEventListener(type, (event) => listener(event.detail));
  on('connection', showConnection);
  on('room', (room) => {
    if (room === current) drawHead();
    drawLists();
  });
  on('message', received);
  on('status', (message) => {
    const room = client.rooms.get(message.room);
    if (room !== undefined) logOf(room).update(message);
    if (message.status === 'unconfirmed') announce('A message was perhaps not delivered.');
  });
  on('presence', ({ room, joins, leaves }) => {
    const note = (text, kind, { name }) => {
      logOf(room).note(text, { kind, name });
      if (room === current) announce(`${name} ${text}`);
    };
    for (const member of leaves) {
      // Who takes another name leaves with the old one and joins with the new one at once, and keeps the id.
      const renamed = joins.find(({ id }) => id === member.id);
      if (renamed === undefined) note('left', 'left', member);
      else note(`is now ${renamed.name}`, '', member);
    }
    for (const member of joins) {
      if (!leaves.some(({ id }) => id === member.id)) note('joined', 'joined', member);
    }
  });
  on('gap', ({ room }) =>
    logOf(room).note('While the connection was away, something may have been said that is missing here.'),
  );
  on('refused', ({ room }) => {
    rememberRooms();
    if (room === current) openRoom(firstRoom(), 'replaceState');
  });
  on('problem', showProblem);
  on('protocol', showProtocols);
}

function received(message) {
  const room = client.rooms.get(message.room);
  const seen = room === current && !document.hidden;
  const log = logOf(room);
  if (!message.own && !seen) {
    if (room.unread === 0) log.clearUnread();
    log.markUnread();
    room.unread++;
  }
  if (message.own) log.clearUnread();
  log.add(message);
  if (room === current) {
    if (message.own) scrollToNewest();
    else if (isScrolledUp()) byId('to-newest').hidden = false;
  }
  if (!message.own) announce(`${message.from.name}${seen ? '' : ` in ${room.name}`}: ${message.text}`);
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
    client.leave(left);
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
    if (!isScrolledUp()) byId('to-newest').hidden = true;
  });
  byId('to-newest').addEventListener('click', () => {
    scrollToNewest();
    text.focus();
  });
  byId('try-now').addEventListener('click', () => client.retryNow());
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
    logOf(current).clearUnread();
  }
  current = name === null ? null : client.join(name);
  rememberRooms();
  remember('room', name);
  if (historyMethod) history[historyMethod](null, '', current ? addressOf(name) : '/');
  byId('rooms').hidePopover();
  byId('text').value = current?.draft ?? '';
  byId('log-content').replaceChildren(...(current ? [logOf(current).element] : []));
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
  client.say(current, text);
}

function rename(name) {
  if (name === client.name) return;
  remember('name', name);
  client.rename(name);
  drawMe();
  announce(`You are ${name} now`);
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
  drawRooms(client.rooms, current, openRooms);
  drawPeople(current);
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
  if (!room.joined) return client.open ? 'Joining …' : 'Not connected';
  const others = room.count - 1;
  if (others === 0) return 'Only you are here so far';
  return others === 1 ? 'You and 1 other' : `You and ${others} others`;
}

function drawMe() {
  byId('my-name').textContent = client.name;
  paintAvatar(byId('my-avatar'), client.name);
}

/** The line above the messages, and the word under our own name. */
function showConnection({ open, retryAt }) {
  clearInterval(countdownTimer);
  const line = byId('connection');
  const wasLost = line.dataset.state === 'lost';
  line.dataset.state = open ? (wasLost ? 'back' : 'open') : retryAt ? 'lost' : 'connecting';
  byId('my-state').textContent = {
    open: 'Connected',
    back: 'Connected',
    lost: 'Not connected',
    connecting: 'Connecting …',
  }[line.dataset.state];
  byId('my-state').dataset.state = line.dataset.state;
  byId('try-now').hidden = !(retryAt > 0);
  byId('countdown').textContent = '';
  // Written only when it changes: a screen reader says it each time, and attempts may be many.
  const text = { open: '', back: 'Connected again.', lost: 'The connection is lost.', connecting: '' }[
    line.dataset.state
  ];
  if (byId('connection-text').textContent !== text) byId('connection-text').textContent = text;
  if (line.dataset.state === 'back') {
    countdownTimer = setTimeout(() => showConnection({ open: true }), 5000);
  }
  if (retryAt) {
    const count = () => {
      const seconds = Math.ceil((retryAt - Date.now()) / 1000);
      byId('countdown').textContent = seconds > 0 ? `Trying again in ${seconds} s` : 'Trying …';
    };
    count();
    countdownTimer = setInterval(count, 250);
  }
  if (!open) showProtocols(null);
  if (current !== null) drawHead();
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

function logOf(room) {
  if (!logs.has(room)) logs.set(room, new MessageLog((message) => client.sayAgain(message)));
  return logs.get(room);
}

/** The log is laid out from its end (see the style sheet): 0 is the newest message, and above it is negative. */
function isScrolledUp() {
  return byId('log').scrollTop < -40;
}

function scrollToNewest() {
  byId('log').scrollTop = 0;
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
  return client.rooms.keys().next().value ?? null;
}

function rememberRooms() {
  remember('rooms', [...client.rooms.keys()]);
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
