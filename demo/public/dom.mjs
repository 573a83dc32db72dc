/** Helpers for the page's elements. Text always goes in as text nodes, never as markup. */

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Makes an element. `children` are nodes or strings. */
export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Gives a round avatar the initials and the colour of a name; the same name has the same colour everywhere. */
export function paintAvatar(node, name) {
  const words = name.split(/\s+/).filter(Boolean);
  const initials = words.length > 1 ? [words[0], words.at(-1)] : words;
  node.textContent = initials.map((word) => [...word][0].toLocaleUpperCase()).join('');
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  node.style.setProperty('--hue', String((hash % 12) * 30));
  return node;
}

/** Makes an avatar. It is decoration: the name always stands beside it. */
export function avatar(name) {
  const node = element('span', { className: 'avatar' });
  node.setAttribute('aria-hidden', 'true');
  return paintAvatar(node, name);
}

/** Appends a text, with its http and https addresses as links. */
export function appendWithLinks(node, text) {
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g)) {
    node.append(text.slice(end, match.index));
    node.append(element('a', { href: match[0], target: '_blank', rel: 'noopener noreferrer' }, match[0]));
    end = match.index + match[0].length;
  }
  node.append(text.slice(end));
}

/** Says a text to people who use a screen reader, without moving their focus. */
export function announce(text) {
  const announcer = byId('announcer');
  announcer.append(element('p', {}, text));
  if (announcer.childElementCount > 10) announcer.firstElementChild.remove();
}
