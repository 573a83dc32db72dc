import { Presets, SingleBar } from 'cli-progress';
import type { Phases } from './phases';

/** Shows nothing: where nobody looks. */
const silent: Phases = { begin() {}, update() {}, end() {} };

/** Progress bars, one below the other; on a terminal only. */
export function progressOn(stream: NodeJS.WriteStream): Phases {
  if (!stream.isTTY) return silent;
  let bar: SingleBar | undefined;
  let total = 0;
  return {
    begin(name, all) {
      total = all;
      const format = `${name.padEnd(12)} {bar} {percentage} %  {live}`;
      bar = new SingleBar({ format, stream, barsize: 30, hideCursor: false }, Presets.shades_classic);
      bar.start(total, 0, { live: '' });
    },
    update(done, live) {
      bar?.update(done, { live });
    },
    end() {
      bar?.stop();
    },
  };
}
