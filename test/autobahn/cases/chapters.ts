import type { AutobahnCase, Chapter } from './autobahn-case';
import { closing } from './closing';
import { deflateParameters, payloads } from './compression';
import { fragmentation } from './fragmentation';
import { framing } from './framing';
import { limits, miscellaneous } from './limits';
import { opcodes } from './opcodes';
import { pings } from './pings';
import { reservedBits } from './reserved-bits';
import { utf8 } from './utf8';

/**
 * The cases of the Autobahn test suite (https://github.com/crossbario/autobahn-testsuite, numbers of version 25.10.1) in a
 * table of our own: the suite needs Python 2. Its chapters 8 and 11 do not exist, and 0 is no part of a run. Where it
 * knows OK, NON-STRICT and INFORMATIONAL, here is one outcome, and nothing else passes.
 */
export const chapters: readonly Chapter[] = [
  framing,
  pings,
  reservedBits,
  opcodes,
  fragmentation,
  utf8,
  closing,
  limits,
  miscellaneous,
  payloads,
  deflateParameters,
];

export const allCases: readonly AutobahnCase[] = chapters.flatMap(({ cases }) => cases);
