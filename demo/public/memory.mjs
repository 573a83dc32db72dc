/**
 * What the page remembers. A reload finds this tab's own values; a new tab begins with the last ones of the browser, so two
 * tabs can be two people.
 */

/** The value of this tab, or undefined. */
export function recallHere(key) {
  return read('sessionStorage', key);
}

/** The value of this tab, or the last one of any tab, or undefined. */
export function recall(key) {
  return read('sessionStorage', key) ?? read('localStorage', key);
}

export function remember(key, value) {
  for (const storage of ['sessionStorage', 'localStorage']) write(storage, key, value);
}

/** What tells this tab from others. A tab that the browser was asked to duplicate has the same: it is the same person twice. */
export function nameOfTab() {
  const known = recallHere('tab');
  if (known !== undefined) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const name = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  write('sessionStorage', 'tab', name);
  return name;
}

function read(storage, key) {
  try {
    return JSON.parse(window[storage].getItem(key)) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage, key, value) {
  try {
    window[storage].setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the chat works without.
  }
}
