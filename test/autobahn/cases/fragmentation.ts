import { continuation, frame, ping, pong, text } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type AutobahnCase, answered, type Chapter, type Chop, failed, send } from './autobahn-case';

const begun = (payload: string) => text(payload, { fin: false });
const goesOn = (payload: string) => continuation(payload, { fin: false });
const two = [begun('fragment1'), continuation('fragment2')];
const chops: ReadonlyArray<readonly [Chop, string]> = [
  ['together', 'in one chop'],
  ['by frame', 'frame by frame'],
  [1, 'octet by octet'],
];

const whole: AutobahnCase[] = chops.map(([chop, how], index) =>
  answered(
    `5.${3 + index}`,
    `a text in two fragments comes back, ${how}`,
    [send(chop, ...two)],
    said.text('fragment1fragment2'),
  ),
);

const withPing: AutobahnCase[] = chops.map(([chop, how], index) =>
  answered(
    `5.${6 + index}`,
    `a ping between two fragments is answered before the text comes back, ${how}`,
    [send(chop, begun('fragment1'), ping('ping payload'), continuation('fragment2'))],
    said.pong('ping payload'),
    said.text('fragment1fragment2'),
  ),
);

const nothingToContinue: AutobahnCase[] = [true, false].flatMap((fin, series) =>
  chops.map(([chop, how], index) =>
    failed(`5.${9 + 3 * series + index}`, 1002, `a continuation (FIN ${fin}) of nothing is refused, ${how}`, [
      send(chop, continuation('non-continuation payload', { fin }), text('Hello, world!')),
    ]),
  ),
);

const twice = (fin: boolean) => {
  const once = [continuation('fragment1', { fin }), begun('fragment2'), continuation('fragment3')];
  return [...once, ...once];
};

const withTwoPings = (number: string, chop: Chop, how: string) =>
  answered(
    number,
    `two pings between five fragments are answered, the first while the fragments behind it are still to be sent, ${how}`,
    [
      send(chop, begun('fragment1'), goesOn('fragment2'), ping('pongme 1!')),
      { answers: 1 },
      send(chop, goesOn('fragment3'), goesOn('fragment4'), ping('pongme 2!'), continuation('fragment5')),
    ],
    said.pong('pongme 1!'),
    said.pong('pongme 2!'),
    said.text('fragment1fragment2fragment3fragment4fragment5'),
  );

export const fragmentation: Chapter = {
  title: '5 Fragmentation',
  cases: [
    failed('5.1', 1002, 'a ping in two fragments is refused', [
      send('together', ping('fragment1', { fin: false }), continuation('fragment2')),
    ]),
    failed('5.2', 1002, 'a pong in two fragments is refused', [
      send('together', pong('fragment1', { fin: false }), continuation('fragment2')),
    ]),
    ...whole,
    ...withPing,
    ...nothingToContinue,
    failed(
      '5.15',
      1002,
      'a continuation of nothing behind a text in two fragments is refused, after the text has come back',
      [send('together', ...two, goesOn('fragment3'), text('fragment4'))],
      said.text('fragment1fragment2'),
    ),
    failed('5.16', 1002, 'twice a continuation (FIN false) of nothing before a text in two fragments is refused', [
      send('together', ...twice(false)),
    ]),
    failed('5.17', 1002, 'twice a continuation (FIN true) of nothing before a text in two fragments is refused', [
      send('together', ...twice(true)),
    ]),
    failed('5.18', 1002, 'a second fragment with the opcode of a text is refused', [
      send('together', begun('fragment1'), frame(1, 'fragment2')),
    ]),
    withTwoPings('5.19', 'together', 'in one chop'),
    withTwoPings('5.20', 'by frame', 'frame by frame'),
  ],
};
