import { element } from './dom';
import { swatch } from './swatch';

export interface Moment {
  readonly title: string;
  readonly rows: readonly { readonly line: number; readonly label: string; readonly value: string }[];
}

/** What was at one moment, beside the pointer. */
export class Tooltip {
  readonly element = element('div', 'tooltip');

  constructor() {
    this.element.hidden = true;
    // The chart says the same to those who do not see it.
    this.element.setAttribute('aria-hidden', 'true');
  }

  /** @param left of the moment, and `width` of what it must stay inside of, in pixels */
  show(left: number, width: number, { title, rows }: Moment): void {
    const lines = rows.map(({ line, label, value }) => {
      return element('li', '', swatch(line), element('span', 'quiet', label), element('b', '', value));
    });
    this.element.replaceChildren(element('time', '', title), element('ul', '', ...lines));
    this.element.hidden = false;
    const own = this.element.offsetWidth;
    const beside = left + 14;
    this.element.style.left = `${beside + own > width ? Math.max(0, left - own - 14) : beside}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
