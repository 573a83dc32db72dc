import { avatar, byId, element } from './dom.mjs';

/** Rooms that are offered even when nobody is in them. */
const STANDING_ROOMS = ['general', 'help', 'tea break'];

/** The address of a room on this page: what a link to it, or a reload, needs. */
export function addressOf(roomName) {
  return `/?${new URLSearchParams({ room: roomName })}`;
}

/**
 * Draws the rooms that we are in, with what is unread in them, and those that are offered.
 *
 * @param rooms those that we are in, by name
 * @param current the one that is shown, or null
 * @param openRooms those that somebody is in: `{ name, count }`
 */
export function drawRooms(rooms, current, openRooms) {
  const joined = [...rooms.values()];
  const counts = new Map([
    ...STANDING_ROOMS.map((name) => [name, 0]),
    ...openRooms.map(({ name, count }) => [name, count]),
  ]);
  const offered = [...counts].filter(([name]) => !rooms.has(name));
  drawLinks(byId('joined-rooms'), joined, (link, room) => {
    if (room === current) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
    link.classList.toggle('unread', room.unread > 0);
    drawBadge(link.querySelector('.badge'), room.unread);
  });
  drawLinks(
    byId('open-rooms'),
    offered.map(([name, count]) => ({ name, count })),
    (link, { count }) => {
      link.querySelector('.count').textContent = count === 0 ? '' : count === 1 ? '1 person' : `${count} people`;
    },
  );
  byId('no-rooms').hidden = joined.length > 0;
  byId('more-rooms').hidden = offered.length === 0;

  const unread = joined.reduce((sum, room) => sum + room.unread, 0);
  const elsewhere = unread - (current?.unread ?? 0);
  drawBadge(byId('rooms-badge'), elsewhere);
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${current ? `${current.name} · ` : ''}Switchboard`;
}

/**
 * Draws who is in a room; the user comes first.
 *
 * @param room null is no room
 * @param tabsOf tells how many tabs somebody has, by the member's id
 */
export function drawPeople(room, tabsOf) {
  if (room === null) {
    byId('people-list').replaceChildren();
    return;
  }
  const me = room.members.get(room.me?.id);
  const others = [...room.members.values()].filter((member) => member !== me);
  others.sort((one, other) => one.name.localeCompare(other.name));
  const everyone = me === undefined ? others : [me, ...others];
  const items = everyone.map((member) => {
    const tabs = tabsOf(member.id);
    const remarks = [member === me && '(you)', tabs > 1 && `· ${tabs} tabs`].filter(Boolean);
    const quiet = remarks.flatMap((remark) => [' ', element('span', { className: 'quiet' }, remark)]);
    return element('li', {}, avatar(member.name), element('span', { className: 'person' }, member.name, ...quiet));
  });
  // The server lists a limited number of a crowd.
  const more = room.count - everyone.length;
  if (more > 0) items.push(element('li', { className: 'quiet' }, `and ${more} more`));
  byId('people-list').replaceChildren(...items);
}

/** Keeps the links that stay: a link that is focused must not lose the focus because a message came. */
function drawLinks(list, rooms, draw) {
  const old = new Map([...list.children].map((item) => [item.dataset.room, item]));
  rooms.forEach((room, index) => {
    const item = old.get(room.name) ?? makeLink(room.name);
    old.delete(room.name);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    draw(item.firstElementChild, room);
  });
  for (const item of old.values()) item.remove();
}

function makeLink(name) {
  const link = element(
    'a',
    { href: addressOf(name) },
    element('span', { className: 'lamp' }),
    element('span', { className: 'room' }, name),
    element('span', { className: 'count' }),
    element('span', { className: 'badge', hidden: true }),
  );
  const item = element('li', {}, link);
  item.dataset.room = name;
  return item;
}

function drawBadge(badge, count) {
  badge.hidden = count === 0;
  badge.replaceChildren();
  if (count === 0) return;
  badge.append(count > 99 ? '99+' : String(count), element('span', { className: 'visually-hidden' }, ' unread'));
}
