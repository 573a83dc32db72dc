import { binary, text } from '../../protocol/support/frames';
import { said } from '../../protocol/support/recorder';
import { type AutobahnCase, answered, type Chapter, type Chop, send } from './autobahn-case';

const sizes: ReadonlyArray<readonly [length: number, chop: Chop]> = [
  [0, 'together'],
  [125, 'together'],
  [126, 'together'],
  [127, 'together'],
  [128, 'together'],
  [65_535, 'together'],
  [65_536, 'together'],
  [65_536, 997],
];

const texts: AutobahnCase[] = sizes.map(([length, chop], index) => {
  const payload = '*'.repeat(length);
  const how = chop === 997 ? ' in chops of 997' : '';
  return answered(
    `1.1.${index + 1}`,
    `a text of ${length} octets${how} comes back`,
    [send(chop, text(payload))],
    said.text(payload),
  );
});

const binaries: AutobahnCase[] = sizes.map(([length, chop], index) => {
  const payload = Buffer.alloc(length, 0xfe);
  const how = chop === 997 ? ' in chops of 997' : '';
  return answered(
    `1.2.${index + 1}`,
    `${length} binary octets${how} come back`,
    [send(chop, binary(payload))],
    said.binary(payload),
  );
});

export const framing: Chapter = { title: '1 Framing', cases: [...texts, ...binaries] };
