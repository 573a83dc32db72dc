import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** So that what is measured afterwards is what somebody holds, and not what nobody has thrown away yet. */
export function collectGarbage(): void {
  collect();
}

/** Bytes of buffers that somebody holds. */
export function heldBytes(): number {
  collect();
  // The memory of buffers is freed by another thread, which the next collection waits for.
  collect();
  return process.memoryUsage().arrayBuffers;
}
