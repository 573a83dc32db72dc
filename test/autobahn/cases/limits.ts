import { frame } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type AutobahnCase, answered, type Chapter, inFragments, type Script, send } from './autobahn-case';

const KiB = 1024;
const MiB = 1024 * KiB;

const words = Buffer.from('BAsd7&jh23');
const octets = Buffer.from([0x00, 0xfe, 0x23, 0xfa, 0xf0]);

/** Both kinds of message: the cases of two neighbouring chapters differ in nothing else. */
const kinds = [
  { opcode: 1, what: 'a text', pattern: words, show: (payload: Buffer) => said.text(payload.toString('latin1')) },
  { opcode: 2, what: 'binary', pattern: octets, show: (payload: Buffer) => said.binary(payload) },
];

const size = (bytes: number) =>
  bytes >= MiB ? `${bytes / MiB} MiB` : bytes >= KiB ? `${bytes / KiB} KiB` : `${bytes}`;

function later(number: string, says: string, script: () => Script): AutobahnCase {
  return { ...answered(number, says, []), script };
}

const large: AutobahnCase[] = kinds.flatMap(({ opcode, what, pattern, show }, kind) =>
  [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].map((length, index) =>
    later(`9.${1 + kind}.${index + 1}`, `${what} of ${size(length)} comes back`, () => {
      const payload = Buffer.alloc(length, pattern);
      return { steps: [send('together', frame(opcode, payload))], answers: [show(payload)] };
    }),
  ),
);

const inPieces: AutobahnCase[] = kinds.flatMap(({ opcode, what, show }, kind) =>
  [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB].map((fragment, index) =>
    later(`9.${3 + kind}.${index + 1}`, `${what} of 4 MiB in fragments of ${size(fragment)} comes back`, () => {
      const payload = Buffer.alloc(4 * MiB, opcode === 1 ? '*' : 0xfe);
      return {
        steps: [send('together', ...inFragments(opcode, payload, fragment))],
        answers: [show(payload)],
      };
    }),
  ),
);

const inChops: AutobahnCase[] = kinds.flatMap(({ opcode, what, pattern, show }, kind) =>
  [64, 128, 256, 512, 1024, 2048].map((chop, index) =>
    later(`9.${5 + kind}.${index + 1}`, `${what} of 1 MiB in chops of ${chop} comes back`, () => {
      const payload = Buffer.alloc(MiB, pattern);
      return { steps: [send(chop, frame(opcode, payload))], answers: [show(payload)] };
    }),
  ),
);

const toAndFro: AutobahnCase[] = [false, true].flatMap((isBinary, kind) =>
  [0, 16, 64, 256, 1024, 4096].map((length, index) => {
    const payload = Buffer.alloc(length, isBinary ? 0xfe : '*');
    return {
      ...answered(
        `9.${7 + kind}.${index + 1}`,
        `1,000 ${isBinary ? 'binary messages' : 'texts'} of ${length} octets come back, one after the other`,
        [],
      ),
      rounds: { count: 1000, isBinary, payload: () => payload },
    };
  }),
);

export const limits: Chapter = {
  title: '9 Limits and performance',
  cases: [...large, ...inPieces, ...inChops, ...toAndFro],
};

const stars = '*'.repeat(65_536);

export const miscellaneous: Chapter = {
  title: '10 Miscellaneous',
  cases: [
    answered(
      '10.1.1',
      'a text of 65,536 octets in fragments of 1,300 comes back',
      [send('together', ...inFragments(1, Buffer.from(stars), 1300))],
      said.text(stars),
    ),
  ],
};
