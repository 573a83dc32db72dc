/** `ws` with `bufferutil`: it takes that by itself where it finds it, so all there is to do is to see that it did. */

import './ws';

if (!Object.keys(require.cache).some((file) => file.endsWith('.node'))) {
  throw new Error('ws did not load the binary of bufferutil');
}
