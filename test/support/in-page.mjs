/** What tests ask a page to measure. These functions run in the browser: each is complete in itself. */

/** The elements that reach beyond the right edge, and the page itself when it scrolls sideways. */
export function overflow() {
  const found = document.documentElement.scrollWidth > innerWidth ? ['page'] : [];
  for (const element of document.querySelectorAll('body *')) {
    const { right, width } = element.getBoundingClientRect();
    if (width > 0 && right > innerWidth + 1) found.push(element.id || String(element.className) || element.localName);
  }
  return found;
}

/** The element that has the focus: its id or its text, and the style of the outline that shows it. */
export function focused() {
  const element = document.activeElement;
  if (element === document.body) return { name: '', outlined: '' };
  return { name: element.id || element.textContent.trim(), outlined: getComputedStyle(element).outlineStyle };
}

/** The contrast of the first visible element of each selector with what is behind it, from 1 to 21; null when there is none. */
export function contrasts(selectors) {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  // Lays colours over each other, the lowest first. The canvas understands every notation of a colour.
  const luminanceOf = (colours) => {
    for (const colour of ['white', ...colours]) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrastOf = (selector) => {
    const element = [...document.querySelectorAll(selector)].find((each) => each.checkVisibility());
    if (element === undefined) return null;
    const grounds = [];
    for (let each = element; each !== null; each = each.parentElement) {
      grounds.unshift(getComputedStyle(each).backgroundColor);
    }
    const ground = luminanceOf(grounds);
    const ink = luminanceOf([...grounds, getComputedStyle(element).color]);
    return (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
  };
  return Object.fromEntries(selectors.map((selector) => [selector, contrastOf(selector)]));
}
