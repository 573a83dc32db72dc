import { expect } from 'chai';
import * as format from '../../../src/dashboard/page/format';

describe('dashboard numbers', () => {
  for (const [name, write, rows] of [
    [
      'counts',
      format.count,
      [
        [0, '0'],
        [940, '940'],
        [12_400, '12,400'],
        [1_240_000, '1.2M'],
      ],
    ],
    [
      'rates',
      format.rate,
      [
        [0, '0 /s'],
        [0.5, '0.5 /s'],
        [12.34, '12.3 /s'],
        [940.4, '940 /s'],
        [250_000, '250K /s'],
      ],
    ],
    [
      'bytes',
      format.bytes,
      [
        [0, '0 B'],
        [999, '999 B'],
        [1_000, '1 kB'],
        [1_234, '1.23 kB'],
        [65_536, '65.5 kB'],
        [2.5e9, '2.5 GB'],
        [5e15, '5,000 TB'],
      ],
    ],
    [
      'bytes per second',
      format.bytesPerSecond,
      [
        [0.4, '0 B/s'],
        [178_000, '178 kB/s'],
      ],
    ],
    [
      'milliseconds',
      format.milliseconds,
      [
        [0, '0 ms'],
        [0.42, '0.42 ms'],
        [75, '75 ms'],
        [1_240, '1.24 s'],
      ],
    ],
    [
      'shares',
      format.percent,
      [
        [0, '0 %'],
        [0.004, '0.4 %'],
        [0.5, '50 %'],
        [1.8, '180 %'],
      ],
    ],
  ] as const) {
    it(`are ${name} as people read them`, () => {
      for (const [value, text] of rows) expect(format.text(write(value)).replace('\u00a0', ' ')).to.equal(text);
    });
  }

  it('are durations in no more than two units', () => {
    const second = 1_000;
    const minute = 60 * second;
    const hour = 60 * minute;
    const shown = [-5, 40 * second, 12 * minute + 30 * second, 3 * hour + 5 * minute, 52 * hour].map(format.duration);
    expect(shown).to.deep.equal(['0 s', '40 s', '12 min', '3 h 5 min', '2 d 4 h']);
  });

  it('are times with seconds', () => {
    expect(format.clock(new Date(2026, 0, 2, 15, 4, 5).getTime())).to.equal('15:04:05');
  });
});
