import { debuglog } from 'node:util';

const write = debuglog('switchboard');

/** The environment asks for it: `NODE_DEBUG=switchboard`. Decided once, when the module is loaded. */
export const isDebugging = write.enabled;

/** Writes a line to the error stream, where `NODE_DEBUG=switchboard` asks for it. */
export function debug(line: string): void {
  write('%s', line);
}
