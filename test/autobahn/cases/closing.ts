import { close, continuation, hex, ping, text } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type AutobahnCase, type Chapter, closed, failed, send } from './autobahn-case';

const hello = 'Hello World!';
const long = 'BAsd7&jh23'.repeat(26_215).slice(0, 256 * 1024);
const notUtf8 = Buffer.concat([hex('ceba e1bdb9 cf83 cebc ceb5 eda080'), Buffer.from('edited')]);

const legalCodes: AutobahnCase[] = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map(
  (code, index) =>
    closed(`7.7.${index + 1}`, `the code ${code} is answered with itself`, [send('together', close(code))], [code]),
);

const illegalCodes: AutobahnCase[] = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((code, index) =>
  failed(`7.9.${index + 1}`, 1002, `the code ${code} is refused`, [send('together', close(code))]),
);

/** Cases that the suite only reports: the RFC leaves open what happens. What we do is what stands here. */
const informational: AutobahnCase[] = [
  failed('7.13.1', 1002, 'the code 5000 is refused, as every code outside of 1000 to 4999', [
    send('together', close(5000)),
  ]),
  failed('7.13.2', 1002, 'the code 65535 is refused', [send('together', close(65_535))]),
];

export const closing: Chapter = {
  title: '7 Closing',
  cases: [
    closed(
      '7.1.1',
      'a text before the close frame comes back',
      [send('together', text(hello)), send('together', close(1000))],
      [1000],
      said.text(hello),
    ),
    closed('7.1.2', 'a second close frame is ignored', [send('together', close(1000), close())], [1000]),
    closed('7.1.3', 'a ping behind the close frame is not answered', [send('together', close(1000), ping())], [1000]),
    closed('7.1.4', 'a text behind the close frame is ignored', [send('together', close(1000), text(hello))], [1000]),
    closed(
      '7.1.5',
      'a close frame between two fragments is answered, and the text dropped',
      [send('together', text('fragment1', { fin: false }), close(1000), continuation('fragment2'))],
      [1000],
    ),
    // Informational in the suite: a peer may close before it has echoed. Ours echoes both texts first.
    closed(
      '7.1.6',
      'texts of 256 KiB and of 12 octets come back before the close frame behind them is answered; the ping is not',
      [send('together', text(long), text(hello), close(1000), ping())],
      [1000],
      said.text(long),
      said.text(hello),
    ),
    closed('7.3.1', 'an empty close frame is answered with an empty one', [send('together', close())], [1005]),
    failed('7.3.2', 1002, 'a close frame of one octet is refused', [send('together', close(hex('61')))]),
    closed('7.3.3', 'a close frame of a code alone is answered', [send('together', close(1000))], [1000]),
    closed(
      '7.3.4',
      'a close frame with a reason is answered with it',
      [send('together', close(1000, 'Hello World!'))],
      [1000, 'Hello World!'],
    ),
    closed(
      '7.3.5',
      'a reason of 123 octets is the longest',
      [send('together', close(1000, '*'.repeat(123)))],
      [1000, '*'.repeat(123)],
    ),
    failed('7.3.6', 1002, 'a reason of 124 octets is refused', [send('together', close(1000, '*'.repeat(124)))]),
    failed('7.5.1', 1007, 'a reason that is not UTF-8 is refused', [send('together', close(1000, notUtf8))]),
    ...legalCodes,
    ...illegalCodes,
    ...informational,
  ],
};
