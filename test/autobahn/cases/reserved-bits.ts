import { binary, close, hex, ping, text } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type Chapter, type Chop, failed, send } from './autobahn-case';

const hello = 'Hello, world!';

/** A good message, one with reserved bits, and a ping that must not be answered any more. */
const between = (number: string, rsv: number, chop: Chop, how: string) =>
  failed(
    number,
    1002,
    `RSV ${rsv} in the second of two texts is refused after the first has come back, and the ping behind is not answered${how}`,
    [send(chop, text(hello), text(hello, { rsv }), ping())],
    said.text(hello),
  );

export const reservedBits: Chapter = {
  title: '3 Reserved bits',
  cases: [
    failed('3.1', 1002, 'a text with RSV 1 is refused', [send('together', text(hello, { rsv: 1 }))]),
    between('3.2', 2, 'together', ''),
    between('3.3', 3, 'by frame', ', frame by frame'),
    between('3.4', 4, 1, ', octet by octet'),
    failed('3.5', 1002, 'binary with RSV 5 is refused', [
      send('together', binary(hex('00fffefdfcfb00ff'), { rsv: 5 })),
    ]),
    failed('3.6', 1002, 'a ping with RSV 6 is refused', [send('together', ping(hello, { rsv: 6 }))]),
    failed('3.7', 1002, 'a close frame with RSV 7 is refused', [send('together', close(undefined, '', { rsv: 7 }))]),
  ],
};
