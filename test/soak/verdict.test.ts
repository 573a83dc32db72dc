import { expect } from 'chai';
import type { CrowdState } from './support/crowd-process';
import type { Sample } from './support/server';
import { verdictOn } from './support/verdict';

describe('soak: the verdict', () => {
  const well: Sample = {
    ...{ heap: 50e6, buffers: 10e6, rss: 100e6, open: 1_000, opened: 2_000, messages: 9, waiting: 100, rooms: 20 },
    ...{ closed: {}, resources: { Timeout: 2, TCPSocketWrap: 1_000 }, files: 1_020, errors: [] },
  };
  const gone: Sample = {
    ...{ ...well, heap: 20e6, open: 0, waiting: 0, rooms: 0, closed: { 1000: 1_500, 1006: 400, 1008: 100 } },
    ...{ resources: { Timeout: 2 }, files: 20 },
  };
  const crowd: CrowdState = { here: 0, heard: 9, gone: {}, wrong: [], wrongs: 0 };

  function verdict(after: Partial<Sample>, late: Partial<Sample> = {}, state: Partial<CrowdState> = {}): string[] {
    const life = { samples: [well, well, { ...well, ...late }, { ...well, ...late }], after: { ...gone, ...after } };
    return verdictOn([{ samples: [well], after: gone }, life], [{ ...crowd, ...state }], 1_000);
  }

  it('is that nothing is wrong where all is as before', () => {
    expect(verdict({})).to.deep.equal([]);
  });

  for (const [what, after, late, state] of [
    ['bytes more are held when everybody has gone', { heap: 24e6 }],
    ['2 of TLSSocketWrap are left, 0 were', { resources: { Timeout: 2, TLSSocketWrap: 2 } }],
    ['21 files are open, 20 were', { files: 21 }],
    ['bytes of objects in the first half', {}, { heap: 56e6 }],
    ['only 700 of 1000 connections were open', {}, { open: 700 }],
    ['2000 connections were opened, and 1999 closed', { closed: { 1000: 1_899, 1008: 100 } }],
    ['1 bytes wait though nobody is there', { waiting: 1 }],
    ['1 rooms are there though nobody is in them', { rooms: 1 }],
    ['5 connections were closed with 1011', { closed: { 1000: 1_990, 1008: 5, 1011: 5 } }],
    ['Nobody was closed as a slow consumer', { closed: { 1000: 2_000 } }],
    ['a handler failed', {}, { errors: ['a handler failed'] }],
    ['an echo went wrong', {}, {}, { wrong: ['an echo went wrong'], wrongs: 1 }],
    ['The crowd heard nothing', {}, {}, { heard: 0 }],
  ] as const satisfies ReadonlyArray<readonly [string, Partial<Sample>, Partial<Sample>?, Partial<CrowdState>?]>) {
    it(`says: ${what}`, () => {
      const faults = verdict(after, late, state);
      expect(faults.join()).to.contain(what);
    });
  }
});
