import { byId } from './dom';

/** Where the choice is kept, and by which name. */
const key = 'switchboard-dashboard-theme';

const probe = document.createElement('span');
let colours = new Map<string, string>();

/** A custom property of main.css as a canvas understands it: `--ink` is another colour by day than by night. */
export function colour(name: string): string {
  let found = colours.get(name);
  if (found === undefined) {
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    found = getComputedStyle(probe).color;
    probe.remove();
    colours.set(name, found);
  }
  return found;
}

/** Follows the system, or what is chosen on the page; calls back when the colours have changed. */
export function followTheme(changed: () => void): void {
  const change = () => {
    colours = new Map();
    changed();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', change);
  const choice = byId('theme');
  const kept = read();
  const inputs = [...choice.querySelectorAll('input')];
  for (const input of inputs) input.checked = input.value === kept;
  document.documentElement.dataset.theme = kept;
  choice.addEventListener('change', () => {
    const { value } = inputs.find(({ checked }) => checked)!;
    document.documentElement.dataset.theme = value;
    write(value);
    change();
  });
}

function read(): string {
  try {
    const kept = localStorage.getItem(key);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    // A browser may be told to keep nothing.
    return 'auto';
  }
}

function write(value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It holds for as long as the page is open.
  }
}
