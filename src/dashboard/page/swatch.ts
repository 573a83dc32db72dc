import { element } from './dom';

/** The sign of a line beside its name. */
export function swatch(line: number): HTMLElement {
  const made = element('span', `swatch line-${line}`);
  made.setAttribute('aria-hidden', 'true');
  return made;
}
