/** What a run has found, by peer and by round, and what is looked at in it. */

import type { Sample } from './measure';
import { ours } from './peers';
import type { Scenario } from './scenarios';
import { ratioOf, type Spread, spreadOf } from './statistics';

/** All rounds of one scenario. */
export interface Measured {
  scenario: Scenario;
  /** By peer, and by round; nothing where the measurement failed, which is null in JSON. */
  samples: Readonly<Record<string, readonly (Sample | null | undefined)[]>>;
}

/** The same while it comes into being, with what went wrong. */
export interface ScenarioResult extends Measured {
  samples: Record<string, (Sample | undefined)[]>;
  failures: { peer: string; round: number; reason: string }[];
}

/** What is looked at in a sample. */
export type Pick = (sample: Sample) => number | undefined;

export const value: Pick = (sample) => sample.value;

/** Work per second of the server's processor time: on a machine with other work to do, it wobbles less than `value`. */
export const perCpuSecond: Pick = ({ value, serverCpu }) => (serverCpu ? value / serverCpu : undefined);

export const peersOf = ({ samples }: Measured): string[] => Object.keys(samples);

export function byRound({ samples }: Measured, peer: string, pick: Pick): (number | undefined)[] {
  return (samples[peer] ?? []).map((sample) => (sample ? pick(sample) : undefined));
}

/** Over all rounds; undefined where none succeeded. */
export function spreadIn(result: Measured, peer: string, pick: Pick): Spread | undefined {
  const values = byRound(result, peer, pick).filter((one) => one !== undefined);
  return values.length === 0 ? undefined : spreadOf(values);
}

/** Ours to theirs, round by round. */
export function ratioIn(result: Measured, peer: string, pick: Pick): Spread | undefined {
  return peer === ours ? undefined : ratioOf(byRound(result, ours, pick), byRound(result, peer, pick));
}
