import type { Answered } from './verdict';

/** What the programs of this folder ask of a client, whoever has made it. */
export interface ChaosClient extends Answered {
  /** How often a connection was opened. */
  readonly connections: number;
  /** What was answered with `unavailable`, and the words of the answer. */
  readonly refused: ReadonlyMap<string, string>;
  /** It is in all of its rooms, and knows where they are. */
  readonly isReady: boolean;
  /** Says something that has not been said in this room before. */
  say(room: string): unknown;
  /**
   * Resolves when this is so; looked at whenever something has come.
   *
   * @throws Error when it is not so after `patience` milliseconds
   */
  until(what: string, isSo: () => boolean, patience?: number): Promise<void>;
  /** Leaves for good. */
  end(): Promise<void>;
}
