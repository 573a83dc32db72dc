import { continuation, hex, text } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type AutobahnCase, answered, type Chapter, failed, inFragments, part, send } from './autobahn-case';

/** Whether each sequence is valid UTF-8, by the number of its chapter. Spaces are for the eye. */
type Sequences = ReadonlyArray<readonly [valid: boolean, hexDigits: string]>;

const valid = (...sequences: string[]): Sequences => sequences.map((each) => [true, each]);
const invalid = (...sequences: string[]): Sequences => sequences.map((each) => [false, each]);

const kosme = 'ceba e1bdb9 cf83 cebc ceb5';
const kosmeBytes = hex(kosme);
/** Where a character of it ends. */
const ends = [2, 5, 7, 9, 11];

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const each = (bytes: readonly number[], between = '') =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0') + between).join('');

const cutShort = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf'];

/** U+nFFFE and U+nFFFF of every plane: no characters, but valid. */
const nonCharacters = ['0', '1', '2', '3', '4'].flatMap((high) =>
  ['8f', '9f', 'af', 'bf']
    .filter((next) => (high === '0' ? next !== '8f' : high === '4' ? next === '8f' : true))
    .flatMap((next) => [`f${high}${next}bfbe`, `f${high}${next}bfbf`]),
);

const groups: ReadonlyArray<readonly [what: string, sequences: Sequences]> = [
  [
    'characters of one to four octets',
    valid(...['24', 'c2a2', 'e282ac', 'f0a4ada2'].map((middle) => `68656c6c6f ${middle} 776f726c64`), kosme),
  ],
  [
    'a prefix of κόσμε',
    range(1, 12).map((length) => [ends.includes(length), kosmeBytes.subarray(0, length).toString('hex')] as const),
  ],
  ['the first character of its length', valid('00', 'c280', 'e0a080', 'f0908080')],
  ['the first sequence of five or six octets', invalid('f888808080', 'fc8480808080')],
  ['the last character of its length', valid('7f', 'dfbf', 'efbfbf', 'f48fbfbf')],
  ['the last sequence of four to six octets', invalid('f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf')],
  ['at the edge', [...valid('ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'), ...invalid('f4908080')]],
  [
    'tails without a head',
    invalid('80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf', each(range(0x80, 0xbf))),
  ],
  [
    'heads without a tail',
    invalid(
      each(range(0xc0, 0xdf), '20'),
      each(range(0xe0, 0xef), '20'),
      each(range(0xf0, 0xf7), '20'),
      each(range(0xf8, 0xfb), '20'),
      each(range(0xfc, 0xfd), '20'),
    ),
  ],
  ['a sequence without its last octet', invalid(...cutShort)],
  ['sequences cut short, one behind the other', invalid(cutShort.join(''))],
  ['octets that no character has', invalid('fe', 'ff', 'fefeffff')],
  ['an overlong slash', invalid('c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af')],
  ['the last overlong sequence of its length', invalid('c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf')],
  ['an overlong zero', invalid('c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080')],
  ['a surrogate', invalid('eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf')],
  [
    'a pair of surrogates',
    invalid(...['eda080', 'edadbf', 'edae80', 'edafbf'].flatMap((high) => [`${high}edb080`, `${high}edbfbf`])),
  ],
  ['no character, but valid', valid('efbfbe', 'efbfbf', ...nonCharacters)],
  ['a special', valid('efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf')],
];

const sequences: AutobahnCase[] = groups.flatMap(([what, members], group) =>
  members.map(([isValid, digits], index) => {
    const number = `6.${5 + group}.${index + 1}`;
    const payload = hex(digits);
    const shown = payload.length > 16 ? `${digits.slice(0, 32)}…` : payload.toString('hex');
    const steps = [send('together', text(payload))];
    if (!isValid) return failed(number, 1007, `${what}, ${shown}, is refused`, steps);
    return answered(number, `${what}, ${shown}, comes back`, steps, said.text(payload.toString()));
  }),
);

const greeting = 'Hello-µ@ßöäüàá-UTF-8!!';
const withSurrogate = Buffer.concat([kosmeBytes, hex('eda080'), Buffer.from('edited')]);

/** κόσμε, U+110000, and a rest: wrong at its thirteenth octet. */
const tooHigh = Buffer.concat([kosmeBytes, hex('f4908080'), Buffer.from('edited')]);

/** The first part is taken in silence; the second is refused at once: the third is never sent. */
const cuts = [
  { first: 11, second: 15, what: 'octets, of which the second is wrong,' },
  { first: 12, second: 13, what: 'octet that is wrong' },
];

const failFast: AutobahnCase[] = [
  ...cuts.map(({ first, second, what }, index) =>
    failed(`6.4.${1 + index}`, 1007, `a fragment of the ${what} is refused before the next fragment is sent`, [
      send('together', text(tooHigh.subarray(0, first), { fin: false })),
      { silence: true },
      send('together', continuation(tooHigh.subarray(first, second), { fin: false })),
    ]),
  ),
  ...cuts.map(({ first, second, what }, index) =>
    failed(`6.4.${3 + index}`, 1007, `a chop of the ${what} is refused before the rest of its frame is sent`, [
      part(text(tooHigh), 0, first),
      { silence: true },
      part(text(tooHigh), first, second),
    ]),
  ),
];

export const utf8: Chapter = {
  title: '6 UTF-8',
  cases: [
    answered('6.1.1', 'an empty text comes back', [send('together', text(''))], said.text('')),
    answered(
      '6.1.2',
      'a text in three empty fragments comes back',
      [send('together', text('', { fin: false }), continuation('', { fin: false }), continuation(''))],
      said.text(''),
    ),
    answered(
      '6.1.3',
      'a text between two empty fragments comes back',
      [
        send(
          'together',
          text('', { fin: false }),
          continuation('middle frame payload', { fin: false }),
          continuation(''),
        ),
      ],
      said.text('middle frame payload'),
    ),
    answered('6.2.1', 'a text with umlauts comes back', [send('together', text(greeting))], said.text(greeting)),
    answered(
      '6.2.2',
      'so does one in two fragments between characters',
      [send('together', text('Hello-µ@ßöä', { fin: false }), continuation('üàá-UTF-8!!'))],
      said.text(greeting),
    ),
    answered(
      '6.2.3',
      'so does one in fragments of one octet, within characters',
      [send('together', ...inFragments(1, Buffer.from(greeting), 1))],
      said.text(greeting),
    ),
    answered(
      '6.2.4',
      'so does κόσμε in fragments of one octet',
      [send('together', ...inFragments(1, kosmeBytes, 1))],
      said.text(kosmeBytes.toString()),
    ),
    failed('6.3.1', 1007, 'a surrogate between valid characters is refused', [send('together', text(withSurrogate))]),
    failed('6.3.2', 1007, 'so it is in fragments of one octet', [
      send('together', ...inFragments(1, withSurrogate, 1)),
    ]),
    ...failFast,
    ...sequences,
  ],
};
