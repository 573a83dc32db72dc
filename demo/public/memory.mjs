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
  for (const storage of ['sessionStorage', 'localStorage']) {
    try {
      window[storage].setItem(key, JSON.stringify(value));
    } catch {
      // Storage is full or forbidden: the chat works without.
    }
  }
}

function read(storage, key) {
  try {
    return JSON.parse(window[storage].getItem(key)) ?? undefined;
  } catch {
    return undefined;
  }
}
