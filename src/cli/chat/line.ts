/** What somebody types. */
export type Line =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'command'; readonly command: ChatCommand; readonly argument: string }
  | { readonly kind: 'unknown'; readonly command: string }
  | { readonly kind: 'nothing' };

export const chatCommands = ['join', 'leave', 'who', 'history', 'name', 'help', 'quit'] as const;

export type ChatCommand = (typeof chatCommands)[number];

/** `/join news` is a command, `//join` says `/join`, and anything else says itself. */
export function parseLine(typed: string): Line {
  const text = typed.trim();
  if (text === '') return { kind: 'nothing' };
  if (!text.startsWith('/')) return { kind: 'say', text };
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) };
  const [, word = '', argument = ''] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? [];
  const command = chatCommands.find((each) => each === word.toLowerCase());
  return command === undefined ? { kind: 'unknown', command: word } : { kind: 'command', command, argument };
}
