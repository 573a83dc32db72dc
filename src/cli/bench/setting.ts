import type { ConnectOptions } from '../../client/options';
import type { Phases } from './phases';

/** What a run needs beside its options. */
export interface BenchSetting {
  url: string;
  connect: ConnectOptions;
  phases: Phases;
  /** Ends it early: what was measured by then is reported. */
  interrupted: AbortSignal;
}
