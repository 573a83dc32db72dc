/** Small ways to make elements. Text is only ever set as text: names of rooms and codes come from strangers. */

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/** The element of index.html with this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element with the id ${id}`);
  return found;
}

/** Leaves alone what says the same already, and with it whatever somebody has selected there. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
